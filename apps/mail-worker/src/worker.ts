/**
 * The Worker that parses and authenticates mail: a hostile one costs this isolate and its time on the processor, and nothing
 * that has keys or rows. Other Workers call it over a service binding (`MailBinding`); it is reached in no other way.
 */
import { WorkerEntrypoint } from 'cloudflare:workers';
import { dohResolver, isolateGate, type MailBinding, mailCalls, mailLimits } from '@tinyfat/mail/isolate';
import { readSettings } from './config.ts';
import { GATE } from './gate.ts';

/** One for all calls in this isolate. */
const gate = isolateGate({
  ...GATE,
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});

type Parameter<Name extends keyof MailBinding> = Parameters<MailBinding[Name]>;

export default class Mail extends WorkerEntrypoint<object> implements MailBinding {
  override fetch(): Response {
    return new Response('Not found.\n', { status: 404 });
  }

  // Only what stands on the prototype can be called from outside.
  inspect(...call: Parameter<'inspect'>) {
    return this.#calls().inspect(...call);
  }

  read(...call: Parameter<'read'>) {
    return this.#calls().read(...call);
  }

  readReport(...call: Parameter<'readReport'>) {
    return this.#calls().readReport(...call);
  }

  compose(...call: Parameter<'compose'>) {
    return this.#calls().compose(...call);
  }

  readComposed(...call: Parameter<'readComposed'>) {
    return this.#calls().readComposed(...call);
  }

  checkOutbox(...call: Parameter<'checkOutbox'>) {
    return this.#calls().checkOutbox(...call);
  }

  recordOutbox(...call: Parameter<'recordOutbox'>) {
    return this.#calls().recordOutbox(...call);
  }

  view(...call: Parameter<'view'>) {
    return this.#calls().view(...call);
  }

  viewHtml(...call: Parameter<'viewHtml'>) {
    return this.#calls().viewHtml(...call);
  }

  viewPart(...call: Parameter<'viewPart'>) {
    return this.#calls().viewPart(...call);
  }

  #calls(): MailBinding {
    const { mailDomain, trustedAuthservIds, dnsOverHttps } = readSettings(this.env);
    const { dnsMs } = mailLimits;
    return mailCalls({
      gate,
      openResolver: () =>
        dohResolver({ url: dnsOverHttps, fetch: (...request) => fetch(...request), budgetMs: dnsMs }),
      hostname: mailDomain,
      authservIds: trustedAuthservIds,
      limits: mailLimits,
    });
  }
}
