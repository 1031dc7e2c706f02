/// <reference types="astro/client" />

declare namespace App {
  interface Locals extends Readonly<import('./contract.ts').RequestContext> {
    /** Who is signed in; null for nobody, and on paths for programs. */
    viewer: import('./accounts/contract.ts').Viewer | null;
    /** Id of the log line about the error that this request met. */
    fault?: string;
  }
}
