import type { ErrorDescription } from './describe.ts';

/** Why a turn gave no answer. The sentences go to the sender in the error mail. */
export const runErrors = {
  llm_unauthorized: {
    sentence: 'The model provider did not accept the API key.',
    nextStep:
      'Store a valid key with tinyfat key set --owner ADDR, or set ANTHROPIC_API_KEY and restart tinyfat; then send your mail again.',
  },
  llm_billing: {
    sentence:
      'The account at the model provider has no credit left, or has reached the spending limit that is set there.',
    nextStep:
      "Whoever the API key belongs to (the owner of the agent, or the operator of tinyfat) buys credit or raises the limit on the provider's billing page; then send your mail again.",
  },
  owner_key_unreadable: {
    sentence:
      'The API key that is stored for the owner of this agent could not be read, and no other one is used in its place.',
    nextStep:
      'Store it again with tinyfat key set --owner ADDR, then send your mail again; operators: the log says what is in the way.',
  },
  llm_rate_limited: {
    sentence: 'The model provider allows no more requests at the moment.',
    nextStep:
      'Send your mail again in a few minutes; if this happens often, raise the limit at the provider.',
  },
  llm_overloaded: {
    sentence: 'The model provider is overloaded.',
    nextStep: 'Send your mail again in a few minutes, or choose another model with /model.',
  },
  llm_unreachable: {
    sentence: 'The model provider could not be reached, or the connection to it broke.',
    nextStep: 'Send your mail again later; operators: check the network and ANTHROPIC_BASE_URL.',
  },
  llm_refused: {
    sentence: 'The model declined to answer, or its provider refused the request.',
    nextStep:
      'Write your mail differently or with other attachments, choose another model with /model, or begin a new conversation with /clear.',
  },
  llm_overflow: {
    sentence: 'The conversation no longer fits into the memory of the model.',
    nextStep: 'Shorten it with /compact, or start a new one with /clear, then send your mail again.',
  },
  llm_stalled: {
    sentence: 'The model stopped answering in the middle.',
    nextStep: 'Send your mail again.',
  },
  budget_exhausted: {
    sentence:
      'The budget for this month is used up, or what is left of it is less than the next request to the model may cost.',
    nextStep:
      'The operator can raise it with tinyfat budget set NAME USD, or tinyfat budget set --owner ADDR USD; it begins anew with the next month (UTC). Commands such as /status still work, and a cheaper /model may fit.',
  },
  no_reply: {
    sentence: 'The agent ended its turn without writing an answer.',
    nextStep: 'Send your mail again, and say what you expect as an answer.',
  },
  deadline: {
    sentence: 'The turn took longer than it may and was stopped.',
    nextStep: 'Ask for less in one mail; operators: TURN_TIMEOUT_S sets the limit.',
  },
  bad_input: {
    sentence: 'The turn was started with input that it could not read.',
    nextStep: 'This is a fault of the platform: report it with the id of the run.',
  },
  internal: {
    sentence: 'Something went wrong inside the platform.',
    nextStep: 'Send your mail again; operators: the log names the run and the cause.',
  },
  sandbox_deadline: {
    sentence: 'The turn took longer than it may and was stopped.',
    nextStep: 'Ask for less in one mail; operators: TURN_TIMEOUT_S sets the limit.',
  },
  sandbox_output: {
    sentence: 'The turn printed more than it may and was stopped.',
    nextStep: 'Ask the agent to write large output into files.',
  },
  sandbox_memory: {
    sentence: 'The turn used more memory than it may and was stopped.',
    nextStep: 'Ask for the work in smaller parts.',
  },
  sandbox_processes: {
    sentence: 'The turn started more processes than it may and was stopped.',
    nextStep: 'Ask for the work one step at a time.',
  },
  sandbox_cpu: {
    sentence: 'The turn used more processor time than it may and was stopped.',
    nextStep: 'Ask for less computation in one mail.',
  },
  quota_exceeded: {
    sentence: "The agent's folder holds more than it may.",
    nextStep:
      'Ask the agent to delete what it does not need, one thing at a time; operators: AGENT_FOLDER_QUOTA_MB sets the limit, and tinyfat agent show NAME says how full the folder is.',
  },
  sandbox_cancelled: {
    sentence: 'The turn was cancelled.',
    nextStep: 'Send your mail again.',
  },
  run_stopped: {
    sentence: 'The owner of the agent, or whoever runs the server, stopped the turn before it had ended.',
    nextStep:
      'Ask the owner of the agent about it before you send your mail again; owners: the page of the run, or POST /runs/{id}/again of the API, runs it once more.',
  },
  sandbox_crashed: {
    sentence: 'The program in the sandbox ended without a result.',
    nextStep: 'Send your mail again; operators: tinyfat run show ID has what it did.',
  },
  folder_too_large: {
    sentence: "The agent's folder is larger than can be copied for a turn.",
    nextStep: 'The operator or the owner removes files from it; then send your mail again.',
  },
  storage_unavailable: {
    sentence: "The storage of the agent's folder could not be reached, or refused a request.",
    nextStep:
      'Send your mail again later; operators: tinyfat doctor --online tries the storage, and the log has its answer.',
  },
  agent_deleted: {
    sentence: 'The agent was deleted before it could answer.',
    nextStep: 'Make the agent again if it is still wanted: tinyfat agent create',
  },
  attempts_exhausted: {
    sentence: 'The turn was tried several times and did not get to its end.',
    nextStep: 'Send your mail again; operators: tinyfat run show ID has each attempt.',
  },
} as const satisfies Record<string, ErrorDescription>;
