import { expect, it } from 'vitest';
import { folderQuota } from './folder-quota.ts';

const MB = 1_000_000;

it('lets a folder grow a little beyond the quota, for a session and a reply', () => {
  expect(folderQuota(1000 * MB, null)).toEqual({ mostBytes: 1050 * MB, nearlyFull: false, closed: false });
  expect(folderQuota(100 * MB, 0).mostBytes).toBe(116 * MB);
});

it('is nearly full from four fifths on', () => {
  expect(folderQuota(1000 * MB, 799 * MB).nearlyFull).toBe(false);
  expect(folderQuota(1000 * MB, 800 * MB).nearlyFull).toBe(true);
});

it('gives turns beyond it, in which the agent can make room, and none from twice as much on', () => {
  expect(folderQuota(1000 * MB, 1500 * MB)).toEqual({
    mostBytes: 1550 * MB,
    nearlyFull: true,
    closed: false,
  });
  expect(folderQuota(1000 * MB, 2099 * MB).closed).toBe(false);
  expect(folderQuota(1000 * MB, 2100 * MB).closed).toBe(true);
});
