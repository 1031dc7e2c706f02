/// <reference types="astro/client" />

declare namespace App {
  interface Locals extends Readonly<import('./contract.ts').RequestContext> {
    /** Who is signed in; null for nobody, and on paths for programs. */
    viewer: import('./accounts/contract.ts').Viewer | null;
    /** Asks the API for the viewer: the only way of a page to data. */
    ask: import('./api/ask.ts').Ask;
    /** How the viewer's browser wants pages to look. */
    preferences: import('./view/preferences.ts').Preferences;
    /** The form that came when its session was over. */
    heldForm?: import('./http/held-form.ts').HeldForm;
    /** Why the form of this request was not taken. */
    refusedForm?: import('./http/problem.ts').Problem;
    /** Id of the log line about the error that this request met. */
    fault?: string;
  }
}
