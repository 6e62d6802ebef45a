// A session token lives a minute, and no test should wait for that long. So a request can say that it comes late.
// The clock is right again once the SDK asks the server for another token: then both must have the same time.
const { now } = Date;
const { fetch } = globalThis;
let ahead = 0;

Date.now = () => now() + ahead;
// Before the SDK is imported, which keeps the function that it finds.
globalThis.fetch = (address, options) => {
  if (String(address).includes('/refresh')) ahead = 0;
  return fetch(address, options);
};

export function letTimePass(request, _response, next) {
  ahead = Number(request.get('x-seconds-late') ?? 0) * 1000;
  next();
}
