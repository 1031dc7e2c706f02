/** The module of the Workers runtime that our Workers use, typed without making its globals those of the whole project. */
declare module 'cloudflare:workers' {
  type Module = typeof import('@cloudflare/workers-types').CloudflareWorkersModule;
  export const env: Record<string, unknown>;
  export const WorkerEntrypoint: Module['WorkerEntrypoint'];
  export const DurableObject: Module['DurableObject'];
  export const env: Module['env'];
  export const RpcTarget: Module['RpcTarget'];
}
