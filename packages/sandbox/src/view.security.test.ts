import { testLimits } from '@tinyfat/contracts';
import { describe, expect, it } from 'vitest';
import type { SandboxRequest } from './contract.ts';
import { viewOptions } from './view.ts';

const parts = { inside: { uid: 1000, gid: 1000, root: false }, nodeBinary: '/usr/bin/node', system: [] };
const request: SandboxRequest = {
  runId: 'r',
  dataFolder: '/agents/a',
  inboxFolder: '/inboxes/r',
  platformFolders: {},
  command: ['true'],
  environment: {},
  limits: testLimits,
};
const options = (more: Partial<SandboxRequest>) => viewOptions(parts, { ...request, ...more });

describe('the options for bubblewrap', () => {
  it('never hold a mount over the agent’s own folders or the system’s', () => {
    for (const place of [
      '/data',
      '/data/x',
      '/inbox',
      '/proc/self',
      '/dev/x',
      '/tmp/x',
      '/etc',
      '/usr/x',
      '/run/x',
      '/var/lib/texmf',
      '/',
    ])
      expect(() => options({ platformFolders: { [place]: '/opt/x' } })).toThrow(/not a place/);
    for (const place of ['opt/x', '/opt/../data', '/opt//x', '/opt/x/', '/opt/./x'])
      expect(() => options({ writableFolders: { [place]: '/opt/x' } })).toThrow(/not a place/);
  });

  it('can’t be smuggled in by a NUL, which separates them', () => {
    expect(() => options({ environment: { A: 'x\0--bind\0/\0/host' } })).toThrow(/NUL/);
    expect(() => options({ dataFolder: '/agents/a\0--share-net' })).toThrow(/NUL/);
  });

  it('hold only names that are names', () => {
    for (const name of ['', 'A=B', 'A B', '1A', '--bind'])
      expect(() => options({ environment: { [name]: 'x' } })).toThrow(/not a name/);
  });

  it('hold no folder of the agent in the PATH of what runs the turn', () => {
    const all = options({});
    const path = all[all.indexOf('PATH') + 1]?.split(':');
    expect(path).toEqual(['/usr/local/bin', '/usr/bin', '/bin', '/run/bin']);
  });

  it('hold only absolute host paths', () => {
    expect(() => options({ dataFolder: 'agents/a' })).toThrow(/absolute/);
    expect(() => options({ gatewaySocket: './sock' })).toThrow(/absolute/);
  });

  it('mount a folder inside another after it', () => {
    const order = options({
      platformFolders: { '/opt/step-mom': '/srv/step-mom' },
      writableFolders: { '/opt/step-mom/cache': '/srv/cache' },
    });
    expect(order.indexOf('/opt/step-mom')).toBeLessThan(order.lastIndexOf('/opt/step-mom/cache'));
  });

  it('end with the root and /dev made read-only', () => {
    const all = options({}).join(' ');
    expect(all).toMatch(/--remount-ro \/ --chdir \/data$/);
    expect(all).toContain('--remount-ro /dev');
    expect(all.match(/--tmpfs/g)?.length).toBe(all.match(/--size \d+ --tmpfs/g)?.length);
  });
});
