/**
 * Each chunk of a body is an object of its own, some hundred bytes, however little is in it: a body of single bytes takes
 * hundreds of times its size in memory, and as much more time. So chunks must hold something on average.
 */

/** As many chunks may be of any size; an event stream of a model has fewer small ones. */
const FREE_CHUNKS = 1_000;
/** Behind those, bytes a chunk on average. */
const LEAST_AVERAGE = 16;

/** Gives a function that takes the size of each chunk of one body: false once there are too many small ones. */
export function chunkSizes(): (bytes: number) => boolean {
  let chunks = 0;
  let bytes = 0;
  return (more) => {
    chunks += 1;
    bytes += more;
    return chunks <= FREE_CHUNKS || bytes >= chunks * LEAST_AVERAGE;
  };
}
