import { type Refusal, refuse } from '../answer.ts';
import { isoTime } from '../fields.ts';

/** For a message whose bytes are gone; `at` in epoch ms. */
export function rawRemoved(at: number): Refusal {
  return {
    ...refuse(
      'conflict',
      `The stored message was removed on ${isoTime(at).slice(0, 10)}: its time was over.`,
    ),
    nextStep: 'How long what is stored stays is set by the operator. tinyfat retention shows it.',
  };
}
