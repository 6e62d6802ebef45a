// Browsers: what they are told by the pages of the server, and one that visits applications.
import assert from 'node:assert/strict';
import { apiUrl, apiVersion, claimsOf } from './support.mjs';

/** An application that need not be there. */
export const application = 'http://localhost:3000';

/** Follows one redirect of a browser page of the server and answers where it leads. */
export async function visit(url) {
  const page = await fetch(url, { redirect: 'manual' });
  assert.equal(page.status, 307, `${url}: ${page.status} ${await page.text()}`);
  return new URL(page.headers.get('location'));
}

/** Sends a browser through a handshake and answers the Set-Cookie lines that it comes back with. */
export async function handshake(browser) {
  const query = new URLSearchParams({ redirect_url: `${application}/page`, __clerk_db_jwt: browser, __clerk_api_version: apiVersion });
  const back = await visit(`${apiUrl}/v1/client/handshake?${query}`);
  return claimsOf(back.searchParams.get('__clerk_handshake')).handshake;
}

/** Signs a browser in by a ticket, and answers the cookies that a handshake then gives it. */
export async function signIn(ticketUrl) {
  const back = await visit(`${ticketUrl}&redirect_url=${application}/welcome`);
  const browser = back.searchParams.get('__clerk_db_jwt');
  assert.ok(browser, back.href);
  const jar = {};
  for (const line of await handshake(browser)) keep(jar, line);
  return jar;
}

function keep(jar, setCookie) {
  const [pair, ...attributes] = setCookie.split(/; */);
  const [, name, value] = /^([^=]*)=(.*)$/.exec(pair);
  if (attributes.some(attribute => /^max-age=0$/i.test(attribute))) delete jar[name];
  else jar[name] = value;
}

/** A browser as far as applications can tell: it keeps cookies, follows redirects and asks for documents. */
export class Browser {
  #jars = {};
  /** The addresses of the last visit, the first one first. */
  visited = [];
  /** Whether the last visit was sent to https:// where the server speaks http://. */
  wasSentToHttps = false;

  /** `insecure` is the host that is asked by http:// even if a redirect says https://. */
  constructor(insecure) {
    this.insecure = insecure;
  }

  /** The cookies of a host, whatever the port, as browsers keep them. */
  cookies(address) {
    return (this.#jars[new URL(address).hostname] ??= {});
  }

  /** Opens a page, follows where it sends, and answers the last response. `headers` are for the first page only. */
  async visit(address, headers = {}) {
    this.visited = [];
    this.wasSentToHttps = false;
    for (let url = new URL(address); this.visited.length < 10; headers = {}) {
      if (url.protocol === 'https:' && url.host === this.insecure) {
        this.wasSentToHttps = true;
        url.protocol = 'http:';
      }
      this.visited.push(url);
      const response = await this.#open(url, headers);
      const location = response.headers.get('location');
      if (!location) return response;
      await response.arrayBuffer();
      url = new URL(location, url);
    }
    throw new Error(`redirected without end: ${this.visited.join(' ')}`);
  }

  async #open(url, headers) {
    const jar = this.cookies(url);
    const cookie = Object.entries(jar).map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'text/html', 'sec-fetch-dest': 'document', ...(cookie ? { cookie } : {}), ...headers },
    });
    for (const line of response.headers.getSetCookie()) keep(jar, line);
    return response;
  }
}
