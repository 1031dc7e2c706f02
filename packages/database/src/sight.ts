/** Whose rows are seen: those of one owner (canonical address), or all. */
export type Sight = { owner: string } | 'all';
