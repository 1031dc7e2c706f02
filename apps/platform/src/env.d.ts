/// <reference types="astro/client" />

declare namespace App {
  interface Locals extends Readonly<import('./backend/contract.ts').RequestParts> {}
}
