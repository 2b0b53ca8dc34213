import { createApi } from '#lib/api/app';
import { documentOf } from '#lib/api/document';
import type { ApiDocument } from '#lib/api/document-shape';

let document: ApiDocument | undefined;

/** The document that `GET /openapi.json` answers, for the page that shows it. */
export function describeApi(): ApiDocument {
  document ??= documentOf(createApi(() => Promise.reject(new Error('no request is made'))));
  return document;
}
