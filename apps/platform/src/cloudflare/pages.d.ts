/** What `bin/build` makes of this app and of the sandbox's program, which the Worker is bundled with. */
declare module '*/dist/platform/server/entry.mjs' {
  export const render: typeof import('../adapter/render.ts').render;
  export const logTo: typeof import('../adapter/render.ts').logTo;
}

declare module '*/dist/step-mom/models.json' {
  const models: unknown;
  export default models;
}
