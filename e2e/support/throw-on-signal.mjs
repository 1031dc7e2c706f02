// Loaded into a server by NODE_OPTIONS=--import: a fault on SIGUSR2 that no code of the server can catch.
process.on('SIGUSR2', () => {
  throw new Error('a fault of the test');
});
