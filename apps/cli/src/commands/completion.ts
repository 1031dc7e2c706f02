import type { Run } from '../command-line/spec.ts';
export const completion: Run<[string]> = async () => 0;
