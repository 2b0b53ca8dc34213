import { isLoopbackHost } from '#lib/config/address-class';
import type { Config } from '#lib/config/config';

type HeaderConfig = Pick<Config, 'appUrl' | 'secure' | 'mode' | 'builtinProviders' | 'providersFile'>;

/**
 * Plain http origins that a form post may lead on to: only the loopback authorization servers which the operator
 * wrote, and only while the hub itself is on loopback. Everything else must be https.
 */
export function loopbackFormTargets(config: HeaderConfig): string[] {
  if (!isLoopbackHost(config.appUrl)) return [];
  const builtin = Object.values(config.builtinProviders).flatMap((entry) => Object.values(entry ?? {}));
  const written = config.providersFile.flatMap((record) => [record.issuer, record.authorization_endpoint]);
  const origins = [...builtin, ...written].flatMap((value) => {
    const url = typeof value === 'string' ? URL.parse(value) : null;
    return url?.protocol === 'http:' && isLoopbackHost(url) ? [url.origin] : [];
  });
  return [...new Set(origins)];
}

/** Where browsers report what a page's policy stopped. */
const policyReportPath = '/policy-report';
/** The name of that place in `report-to` and `Reporting-Endpoints`. */
const reportGroup = 'policy';

/**
 * The page's Content-Security-Policy. Chromium applies `form-action` to every hop after a form post, and providers
 * redirect on to sign-on hosts that no list can have: hence `https:` there.
 * @param formTargets origins beside these that a form of the page may lead on to
 */
export function contentSecurityPolicy(
  config: HeaderConfig,
  nonce: string,
  formTargets: readonly string[] = [],
): string {
  // React rebuilds server stacks with eval while developing, never in production.
  const evaluation = config.mode === 'development' ? " 'unsafe-eval'" : '';
  const directives = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'${evaluation}`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    ["form-action 'self' https:", ...loopbackFormTargets(config), ...formTargets].join(' '),
  ];
  directives.push(`report-uri ${policyReportPath}`);
  // Browsers know named endpoints on https only; one that knows `report-to` passes over `report-uri`.
  if (config.secure) directives.push('upgrade-insecure-requests', `report-to ${reportGroup}`);
  return directives.join('; ');
}

/** Headers that belong on every answer of the hub, whatever it is. */
export function alwaysHeaders(config: Pick<Config, 'secure'>): Record<string, string> {
  return {
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
    ...(config.secure ? { 'Strict-Transport-Security': 'max-age=31536000; includeSubDomains' } : {}),
  };
}

/**
 * Headers of a page. `same-origin` and not `no-referrer`: under the latter a plain form posts `Origin: null`, which
 * the Origin check refuses.
 */
export function pageHeaders(
  config: HeaderConfig,
  nonce: string,
  formTargets: readonly string[] = [],
): Record<string, string> {
  return {
    ...alwaysHeaders(config),
    'Content-Security-Policy': contentSecurityPolicy(config, nonce, formTargets),
    ...(config.secure ? { 'Reporting-Endpoints': `${reportGroup}="${policyReportPath}"` } : {}),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'same-origin',
    'Permissions-Policy':
      'camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=(), clipboard-write=(self)',
    'X-Frame-Options': 'DENY',
    'Cache-Control': 'no-store',
  };
}
