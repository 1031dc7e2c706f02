/** The parser of YAML, to be loaded on demand: from its CommonJS package itself a bundler gives no names. */
export { parse } from 'yaml';
