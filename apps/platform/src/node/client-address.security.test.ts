import { networkList } from '@tinyfat/mail/network';
import { describe, expect, it } from 'vitest';
import { requestOrigin } from './client-address.ts';

const proxies = networkList(['10.0.0.0/8', '127.0.0.0/8']);
const from = (peer: string, forwarded?: string | string[]) =>
  requestOrigin(peer, forwarded === undefined ? {} : { 'x-forwarded-for': String(forwarded) }, proxies);

describe('the address of a client', () => {
  it('is the peer, whatever it writes, unless the peer is a proxy of the operator', () => {
    expect(from('203.0.113.9', '198.51.100.1').clientAddress).toBe('203.0.113.9');
    expect(from('::ffff:203.0.113.9').clientAddress).toBe('203.0.113.9');
  });

  it('is what the nearest proxy saw: whatever a client wrote before counts for nothing', () => {
    expect(from('10.0.0.1', '1.1.1.1, 203.0.113.9').clientAddress).toBe('203.0.113.9');
    expect(from('10.0.0.1', '1.1.1.1, 203.0.113.9, 10.0.0.2').clientAddress).toBe('203.0.113.9');
    expect(from('10.0.0.1', '127.0.0.1, 203.0.113.9').clientAddress).toBe('203.0.113.9');
  });

  it('is the proxy itself where that names nobody', () => {
    expect(from('10.0.0.1').clientAddress).toBe('10.0.0.1');
    expect(from('10.0.0.1', ' , ').clientAddress).toBe('10.0.0.1');
  });

  it('is local only for a program of this machine that came without a proxy', () => {
    expect(from('127.0.0.1').local).toBe(true);
    expect(from('::1').local).toBe(true);
    expect(from('127.0.0.1', '127.0.0.1').local).toBe(false);
    expect(from('10.0.0.1').local).toBe(false);
    expect(from('203.0.113.9', '127.0.0.1').local).toBe(false);
  });
});
