/// <reference types="astro/client" />

declare namespace App {
  interface Locals extends Readonly<import('./contract.ts').RequestParts> {
    /** Who looks at this page; null for nobody, and in what is for programs. */
    viewer: import('./accounts/contract.ts').Viewer | null;
    /** Id under which the log has what broke while this request was answered. */
    fault?: string;
  }
}
