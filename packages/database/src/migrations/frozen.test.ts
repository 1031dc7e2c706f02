/**
 * A migration that has landed is never changed: databases that it made would lack the change, and nothing would say so
 * until a column is missed. What is to be otherwise stands in a migration of its own.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { migrations } from './index.ts';

/** SHA-256 of each file as it landed, comments included. */
const LANDED: Record<string, string> = {
  '0001-start': '5c492660298f61a5aadffd84a07d4c85ac16edce58d342fac9dc2b56b69b6b3a',
  '0002-door': 'd74f0efe7fa8ef52aee22b37daea2460288910e0e4e67e362bac9a6cff03d37b',
  '0003-keys': 'e5e73efc419d40ed38eea7c80346c5ced791d06cd8fc15aa8b43bfae7dafe1b6',
  '0004-doubt': '6a25b0250cd94e1c473960621a0d01e9f123e539bd432ae675e427a82c9bc737',
  '0005-held': 'ad4da0d44279abb71d531be76d8b587bebaa75f9ea4714d60f774979238621b7',
  '0005-webhooks': 'cdfdcd685bb69cbeebf9ae3ea23f55a926097c7687f5e9a295e3d552423c5b0f',
  '0006-budgets': '579e24ad7f82b7b440a6634e468d8b490e56b3f6782a7cfcc8ecf895f38be3cd',
  '0007-tokens': 'e3e6942779efa4ecb5d1739b4757db7a98d9b813fb073343acaff216288d9845',
  '0008-accounts': '1c5d4b490bad065aaddadbf1143d8696d2065003bcdfd4ce45314964fd1d297c',
  '0010-raw-keys': '789100f3dda215686e851aa2e333fe42a2eef043447eed0f961a83400a75854b',
  '0011-agent-settings': '8f7761af7cbaf3310710dba2f590867e5a8c34a0bb1ee27647b270c9e7180581',
  '0012-one-schema': '21e8dbcbd9c68ba7d55d480fee13f04f16d7f4880799dd2076e9dc6dda5a1c18',
  '0013-limit-notices': '3f43080fa7628023d8f9a66ee8194df1560753ad0366d19cc173c6ba4d147a35',
  '0014-awaiting-approval': '5a195e1e6c2008546320ecf67fc139de77f446cd07fadf4ff2407b72819e59a1',
  '0015-leases': '65d468d18f1b21263eb47b550b544dc3553c2ad09c9ccebfe805ef6c1cbd5d1a',
  '0016-indexes': '729c9df3e2f664c52b16e83c6e1402e1493d12346e11859720972aee2025f674',
  '0017-retention': '775879e4315c0fece308ac430116ad97316dc82f6902cf91536c83d9bc72cd4c',
  '0020-installation': '616d63030e17d4606a335007fdc294d6f8f7b3703031c12fa7277bb56f811f80',
  '0021-attention': 'c239fc951770db3f1b7df512241152e5895fc957ba067e87abe6afa2daee57e5',
  '0022-approvals': 'c18e55872812fe27764b404e855c585f9df7e812ef8c5acea000e2791f03e2a8',
  '0023-mails-by-sender': 'dde8960ca434944024fec708c4a2675defa9938d9368d2af05a6316a5e8752b9',
  '0024-stops': '2067fef24328bace01c9f4dffb7e46c1f27a21bc76b069e2b2ee52f29a53065a',
  '0025-paused-agents': 'b928a11d35bea257c22325315f939c2b0d7073bdb3a7933fde2ae66822a6ca0e',
  '0026-folders': 'd35cf82aaface8765f594f12802cb7d2e9a2690a63c2bcb97f27dcd42045541b',
  '0027-usage-hours': '0322f2c55b5b35e4e6e991ea3a8e41a9a2fd82eb78ee6177d5c8e035ba8b46b4',
  '0028-search': '11b0401c586b2aa611393f9af85b7581f20ec30ab6179d4064dacb0926c02378',
  '0029-settings': '58a50a0bb9140a78f92995dd35279590235f971ff5d0a35be49167a83b3e7134',
  '0030-usage-days': '44f5893b2ac49c2b81143d241f57ea52db40603f18318094ff910f704bc9116c',
  '0031-search-runs': '243c133e1f5bda3872abd55f10bbdff9c4dcee8434f03c993e6e82a3b76ba4eb',
  '0032-search-notes': 'bee22f393db863637ad191d35c6c55148e434dbe87746eb5167d693e0ecb7e00',
};

const files = readdirSync(new URL('.', import.meta.url)).filter((name) => /^\d{4}-[a-z-]+\.ts$/.test(name));
const hashOf = (name: string) =>
  createHash('sha256')
    .update(readFileSync(new URL(`${name}.ts`, import.meta.url)))
    .digest('hex');

it.each(Object.entries(LANDED))('%s is as it landed', (name, hash) => {
  expect(
    hashOf(name),
    `${name} has landed and databases have been made by it: put it back as it was, and add a new migration (CONTRIBUTING.md, "A migration").`,
  ).toBe(hash);
});

it('is kept of every migration, and every file is one that runs', () => {
  const names = files.map((file) => file.replace(/\.ts$/, ''));
  expect(Object.keys(migrations)).toEqual(names);
  for (const name of names) {
    expect(LANDED[name], `A new migration: add its line here, '${name}': '${hashOf(name)}'.`).toBeDefined();
  }
  expect(Object.keys(LANDED)).toEqual(names);
});
