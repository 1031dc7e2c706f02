/** html-to-text 10 ships no types; this declares the one function used here. */
declare module 'html-to-text' {
  interface ConvertOptions {
    wordwrap?: number | false;
    limits?: { maxInputLength?: number; maxDepth?: number; maxChildNodes?: number };
    selectors?: { selector: string; format?: string; options?: Record<string, unknown> }[];
  }
  /** Renders HTML as plain text. */
  export function convert(html: string, options?: ConvertOptions): string;
}
