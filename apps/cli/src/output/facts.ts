/** One thing in lines of a name and a text. */
import { columnsOf, printable, terminalColumns, wrap } from './text.ts';

/** Prints the lines with their texts below each other, wrapped where they are longer than the terminal is wide. */
export function printFacts(facts: readonly (readonly [name: string, text: string])[]): void {
  const names = Math.max(...facts.map(([name]) => columnsOf(name)));
  const width = terminalColumns();
  for (const [name, text] of facts) {
    const whole = printable(text).trim();
    const lines = width === null ? [whole] : wrap(whole, Math.max(20, width - names - 2));
    const [first = '', ...more] = lines;
    console.log(`${name.padEnd(names)}  ${first}`.trimEnd());
    for (const line of more) console.log(`${' '.repeat(names)}  ${line}`);
  }
}
