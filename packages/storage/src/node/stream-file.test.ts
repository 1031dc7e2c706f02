import { fstatSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { streamFile } from './stream-file.ts';

const SIZE = 1_000_000;

describe('a file as a stream', () => {
  let folder: string;
  let fd: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-stream-'));
    const path = join(folder, 'file');
    writeFileSync(path, new Uint8Array(SIZE));
    fd = openSync(path, 'r+');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const isOpen = () => {
    try {
      return fstatSync(fd).size >= 0;
    } catch {
      return false;
    }
  };

  it('closes the file at its end', async () => {
    const { stream } = streamFile(fd, SIZE);
    expect((await new Response(stream).arrayBuffer()).byteLength).toBe(SIZE);
    expect(isOpen()).toBe(false);
  });

  it('closes the file when it is left, before the first piece and while one is read', async () => {
    await streamFile(fd, SIZE).stream.cancel();
    expect(isOpen()).toBe(false);
    fd = openSync(join(folder, 'file'), 'r');
    const reader = streamFile(fd, SIZE).stream.getReader();
    const reading = reader.read();
    await reader.cancel();
    await reading;
    expect(isOpen()).toBe(false);
  });

  it('is an error, and no shorter file, when it is cut meanwhile', async () => {
    const { stream } = streamFile(fd, SIZE);
    ftruncateSync(fd, 100_000);
    await expect(new Response(stream).arrayBuffer()).rejects.toThrow(/shorter/);
    expect(isOpen()).toBe(false);
  });

  it('gives no more than the bytes that were counted, though it grows', async () => {
    const { stream } = streamFile(fd, SIZE);
    ftruncateSync(fd, 2 * SIZE);
    expect((await new Response(stream).arrayBuffer()).byteLength).toBe(SIZE);
  });
});
