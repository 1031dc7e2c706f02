/** Why the proxy does not connect, in one list: answers, events and notes to the agent have the same words. */

/** Each with its HTTP status and its reason; printable ASCII, for it stands in the status line. */
const REFUSALS = {
  bad_target: [400, 'the target is not a plain host:port'],
  bad_request: [400, 'the request can not be forwarded'],
  method: [405, 'TRACE is not forwarded'],
  no_network: [403, 'this agent may not use the network'],
  not_on_list: [403, "the host is not on the agent's list"],
  local_name: [403, 'the name is not public'],
  port: [403, 'the port is not allowed'],
  not_public: [403, 'the address is not public'],
  used_up: [503, 'this run has used up its connections or bytes'],
  unknown_name: [502, 'the name could not be looked up'],
  lookup_timeout: [504, 'the name could not be looked up in time'],
  unreachable: [502, 'the host could not be reached'],
  timeout: [504, 'the host did not answer in time'],
  broken_off: [502, 'the host broke off'],
  bad_answer: [502, 'the host sent an answer that is no valid HTTP'],
} as const satisfies Record<string, readonly [status: number, reason: string]>;

/** The codes of the list. */
export type EgressRefusalCode = keyof typeof REFUSALS;

/** A refusal. `reason` is the list's, or says more about this case. */
export interface EgressRefusal {
  ok: false;
  code: EgressRefusalCode;
  status: number;
  reason: string;
}

/** The refusal of that code. */
export function refusal(code: EgressRefusalCode, detail?: string): EgressRefusal {
  const [status, reason] = REFUSALS[code];
  return { ok: false, code, status, reason: detail ?? reason };
}
