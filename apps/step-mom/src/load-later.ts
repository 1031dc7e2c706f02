/** Loads what a turn imports only when it gets there: pi's client of the Messages API. */
export async function loadLater(): Promise<void> {
  await import('@earendil-works/pi-ai/api/anthropic-messages');
}
