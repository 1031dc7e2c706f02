/**
 * `npm run bench`: prints one JSON object; `npm run bench engines` that of `engines` alone, and so do
 * `compositions` and `pages`. Latencies are medians and also told as ratios to `node -e 0` of the same
 * run, throughput as a ratio to the bare library, so that machines can be compared.
 *
 * `coldToFirstRequest`: the 250 for a mail → its first LLM request, each in a new sandbox.
 * `verdicts`: inspection in worker threads and the rules, on a mail with DKIM, SPF and DMARC to check.
 * `agentFiles`: what an agent leaves in its folder, before a mail comes and in its turn: how long nobody was answered.
 * `slowClients`: who does not read, send or say anything; how long others get no answer, and the memory that it takes.
 * `lastTokenToHandOver`: the last byte of the model's answer → the mail lies in the Maildir.
 * `hostileMail`: what three hostile mails at once do to good mail, to `/health/live` and to memory.
 * `engines`: SQLite and Postgres in one run: what a claim, pages of lists and an idle server cost with 100 and 100,000 old
 * rows, and turns and mails as ratios to SQLite.
 * `compositions`: one mail's way on Workers (workerd, a stand-in for containers) against one machine: the answer to the
 * webhook → its first LLM request, and → the reply at the provider.
 * `pages`: the first byte of each page of the dashboard with 100 mails and runs as a multiple of an empty page, and with 100,000
 * as a multiple of that; and what a browser loads.
 */
import { argv } from 'node:process';
import { measureAgentFiles } from './agent-files.ts';
import { measureCompositions } from './compositions.ts';
import { measureEngines } from './engines.ts';
import { type HostileMail, measureHostileMail } from './hostile-mail.ts';
import { measureIntake } from './intake.ts';
import { bareNode, median, rounded } from './measure.ts';
import { measurePages } from './pages.ts';
import { measureSlowClients } from './slow-readers.ts';
import type { Standstill } from './standstill.ts';
import { measureTurns } from './turns.ts';
import { measureVerdicts } from './verdicts.ts';

const runs = Number(argv[2] ?? 12);
const say = (text: string) => console.error(`bench: ${text} ...`);

if (argv[2] === 'engines') {
  console.log(JSON.stringify(await measureEngines(say), null, 2));
  process.exit(0);
}
if (argv[2] === 'compositions') {
  console.log(JSON.stringify(await measureCompositions(12, say), null, 2));
  process.exit(0);
}
if (argv[2] === 'pages') {
  console.log(JSON.stringify(await measurePages(say), null, 2));
  process.exit(0);
}
say('node -e 0');
const unit = bareNode(20);
const turns: Record<string, object> = {};
for (const agents of [10, 1000, 10_000]) {
  say(`turns with ${agents} agents`);
  const measured = await measureTurns({ agents, runs });
  turns[agents] = {
    coldToFirstRequest: timing(measured.toFirstRequest),
    lastTokenToHandOver: timing(measured.toHandOver),
    turnsPerMinute: rounded(measured.turnsPerMinute, 0),
    residentIdleMb: rounded(measured.idleBytes / 2 ** 20),
    residentPerRunningTurnMb: rounded(measured.perTurnBytes / 2 ** 20),
  };
}
say('accepted mails');
const intake = await measureIntake();
say('verdicts on signed mail');
const verdicts = await measureVerdicts();
say('hostile mail');
const hostile = await measureHostileMail();
say('files of a hostile agent');
const files = await measureAgentFiles();
say('slow clients');
const slow = Object.entries(await measureSlowClients());
const engines = await measureEngines(say);
const compositions = await measureCompositions(runs, say);
const pages = await measurePages(say);
console.log(
  JSON.stringify(
    {
      node: process.version,
      nodeMs: rounded(unit),
      runs,
      agents: turns,
      intake: {
        mailsPerSecond: rounded(intake.ours, 0),
        smtpServerAlonePerSecond: rounded(intake.alone, 0),
        ratio: rounded(intake.ours / intake.alone, 3),
      },
      verdicts: {
        threads: verdicts.threads,
        perSecond: rounded(verdicts.ours, 0),
        mailauthAlonePerSecond: rounded(verdicts.alone, 0),
        ratio: rounded(verdicts.ours / verdicts.alone, 2),
      },
      hostileMail: Object.fromEntries(Object.entries(hostile).map(([name, one]) => [name, hostileRow(one)])),
      agentFiles: {
        smallFiles: flood(files.smallFiles),
        sparseFiles: flood(files.sparseFiles),
        objects: flood(files.objects),
        sessions: still(files.sessions),
      },
      slowClients: Object.fromEntries(
        slow.map(([kind, { longestSilenceMs, peakAboveIdleMb }]) => [
          kind,
          { longestSilenceMs: rounded(longestSilenceMs, 0), peakAboveIdleMb: rounded(peakAboveIdleMb, 0) },
        ]),
      ),
      engines,
      compositions,
      pages,
    },
    null,
    2,
  ),
);

function timing(values: readonly number[]): object {
  const middle = median(values);
  return { medianMs: rounded(middle), timesNode: rounded(middle / unit, 2) };
}

function hostileRow({ answers, peakBytes, ...times }: HostileMail): object {
  const timings = Object.entries(times).map(([name, ms]) => [name, rounded(ms, 0)]);
  return { answers, ...Object.fromEntries(timings), peakMb: rounded(peakBytes / 2 ** 20, 0) };
}

function flood({ leftOver, inTurn }: { leftOver: Standstill; inTurn: Standstill }): object {
  return { leftOver: still(leftOver), inTurn: still(inTurn) };
}

function still({ longestMs, peakBytes }: Standstill): object {
  return { unansweredMs: rounded(longestMs), residentPeakMb: rounded(peakBytes / 2 ** 20, 0) };
}
