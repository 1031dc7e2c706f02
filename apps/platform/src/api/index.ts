/** The JSON API for those who compose it, or call it in their own process. */
export { API_PREFIX, type Api, createApi } from './create-api.ts';
export type { ApiPorts, KeyStored } from './ports.ts';
export { isScope, OPERATOR, type Principal, SCOPES, type Scope } from './principal.ts';
