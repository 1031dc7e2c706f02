/// <reference types="astro/client" />

declare namespace App {
  interface Locals extends Readonly<import('./backend/contract.ts').RequestParts> {
    /** Id under which the log has what broke while this request was answered. */
    fault?: string;
  }
}
