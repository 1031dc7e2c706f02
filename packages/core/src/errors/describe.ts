/** One entry of the error list: what happened, and what can be done about it. Both are whole sentences. */
export interface ErrorDescription {
  sentence: string;
  nextStep: string;
}
