import { sandboxContract } from '@tinyfat/contracts';
import { modes } from './test-support/modes.ts';

for (const mode of modes) sandboxContract(`bubblewrap ${mode.name}`, mode.make);
