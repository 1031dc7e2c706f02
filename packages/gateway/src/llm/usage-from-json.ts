import { parseJson } from '@tinyfat/core';
import { isRecord } from '../json-shape.ts';

const LONGEST_KEY = 64;
const LONGEST_USAGE = 64 * 1024;

/**
 * Reads a plain JSON answer of the Messages API chunk by chunk and gives its top-level `usage` object. Only that
 * object is kept; text that looks like one inside a string or deeper down is none.
 */
export function readUsageFromJson(
  onUsage: (usage: Record<string, unknown>) => void,
): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  let depth = 0;
  let inString = false;
  let escaped = false;
  let atKey = false;
  let key = '';
  let capturing = false;
  let captured = '';

  function endOfValue(): void {
    if (!capturing) return;
    capturing = false;
    const usage = parseJson(captured);
    if (isRecord(usage)) onUsage(usage);
    captured = '';
  }

  function inside(character: string): void {
    if (escaped) escaped = false;
    else if (character === '\\') escaped = true;
    else if (character === '"') inString = false;
    if (inString && atKey && depth === 1 && key.length < LONGEST_KEY) key += character;
  }

  function structure(character: string): void {
    if (character === '"') {
      inString = true;
      if (depth === 1 && atKey) key = '';
    } else if (character === '{' || character === '[') {
      depth += 1;
      atKey = depth === 1 && character === '{';
    } else if (character === '}' || character === ']') {
      if (depth === 1) endOfValue();
      depth -= 1;
    } else if (depth === 1 && character === ',') {
      endOfValue();
      atKey = true;
    } else if (depth === 1 && character === ':' && atKey) {
      atKey = false;
      if (key === 'usage') {
        capturing = true;
        captured = '';
      }
    }
  }

  return (chunk) => {
    for (const character of decoder.decode(chunk, { stream: true })) {
      const wasCapturing = capturing;
      if (inString) inside(character);
      else structure(character);
      if (wasCapturing && capturing && captured.length < LONGEST_USAGE) captured += character;
    }
  };
}
