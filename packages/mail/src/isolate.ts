/** What the Worker of mail is made of: its calls, the gate of its isolate, and DNS over HTTPS. */
export { type DohOptions, dohResolver } from './doh/doh-resolver.ts';
export { mailLimits } from './isolation/limits.ts';
export { type GateOptions, type IsolateGate, isolateGate } from './service/isolate-gate.ts';
export type * from './service/mail-binding.ts';
export { type MailCallsDeps, mailCalls } from './service/mail-calls.ts';
