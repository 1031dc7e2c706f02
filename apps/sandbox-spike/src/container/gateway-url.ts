/** Where a container finds what is intercepted for its gateway: no such name is on the internet (ICANN's `internal`). */
export const GATEWAY_HOST = 'gateway.tinyfat.internal';

/** Without a slash at its end. */
export const GATEWAY_URL = `http://${GATEWAY_HOST}`;
