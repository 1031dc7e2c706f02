/** Header fields as a person reads them. */
import type { ViewedHeader } from '../contract/mail-view.ts';
import { headerText } from '../mime/encoded-words.ts';
import type { LabelledField } from '../mime/header-fields.ts';

/** How many fields are shown, and characters: of a name, of a value, of all values. */
const most = { fields: 300, name: 100, value: 4_000, all: 100_000 };

/** The fields in order, decoded; `cut` where there is more than is shown. */
export function viewHeaders(fields: readonly LabelledField[]): { headers: ViewedHeader[]; cut: boolean } {
  const headers: ViewedHeader[] = [];
  let cut = fields.length > most.fields;
  let room = most.all;
  for (const { label, value } of fields.slice(0, most.fields)) {
    if (room <= 0) {
      cut = true;
      break;
    }
    // An encoded word is never longer than what it stands for by more than this.
    const whole = oneLine(headerText(value.slice(0, 4 * most.value)));
    const shown = whole.slice(0, Math.min(most.value, room)).toWellFormed();
    cut ||= shown.length < whole.length || value.length > 4 * most.value;
    room -= shown.length;
    headers.push({ name: oneLine(headerText(label.slice(0, most.name))), value: shown });
  }
  return { headers, cut };
}

/** Without control characters, and without marks that turn the direction of what follows them. */
function oneLine(text: string): string {
  return text
    .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
    .toWellFormed();
}
