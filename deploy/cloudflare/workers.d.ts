/** The module of the Workers runtime that our Workers use, typed without making its globals those of the whole project. */
declare module 'cloudflare:workers' {
  type Module = typeof import('@cloudflare/workers-types').CloudflareWorkersModule;
  export const env: Record<string, unknown>;
  /** Of the Worker itself, such as its default export, as a binding to it. */
  export const exports: { default: { fetch(request: Request): Promise<Response> } };
  /** With the requests and responses of the project's own types; the runtime takes them as its own. */
  export abstract class WorkerEntrypoint<
    Env = unknown,
    Context = import('@cloudflare/workers-types').ExecutionContext,
  > {
    protected readonly ctx: Context;
    protected readonly env: Env;
    constructor(ctx: Context, env: Env);
    fetch?(request: Request): Response | Promise<Response>;
  }
  export abstract class DurableObject<
    Env = unknown,
    Context = import('@cloudflare/workers-types').DurableObjectState,
  > {
    protected readonly ctx: Context;
    protected readonly env: Env;
    constructor(ctx: Context, env: Env);
    fetch?(request: Request): Response | Promise<Response>;
  }
  export const RpcTarget: Module['RpcTarget'];
}

/** What `bin/build step-mom` leaves; the bundler puts its content into the Worker. */
declare module '*/dist/step-mom/models.json' {
  const models: unknown;
  export default models;
}
