import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Cookie, Page } from '@playwright/test';
import type { RunningApp } from './app-process.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A request with exactly these headers, which no browser would send. */
export function send(url: string, headers: Record<string, string>, method = 'GET', body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, maxHeaderSize: 64 * 1024 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    // The server may close while we still send; an answer that came before counts.
    request.once('error', reject);
    request.end(body);
  });
}

/** The app's cookies; those of the demo servers share its host. */
export async function ownCookies(page: Page, app: RunningApp): Promise<Cookie[]> {
  return (await page.context().cookies(app.url)).filter(({ name }) => name.startsWith('gk_'));
}

/** The same as one header, for requests that no browser sends. */
export async function cookieHeader(page: Page, app: RunningApp): Promise<string> {
  const cookies = await page.context().cookies(app.url);
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}
