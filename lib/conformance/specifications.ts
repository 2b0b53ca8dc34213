import { asvs4 } from '#lib/conformance/asvs4';
import { asvs5 } from '#lib/conformance/asvs5';
import type { Specification } from '#lib/conformance/clause';
import { openidConnect } from '#lib/conformance/openid-connect';
import { pciDss } from '#lib/conformance/pci-dss';
import { rfc6749 } from '#lib/conformance/rfc6749';
import { rfc6750 } from '#lib/conformance/rfc6750';
import { rfc7009 } from '#lib/conformance/rfc7009';
import { rfc7636 } from '#lib/conformance/rfc7636';
import { rfc8414 } from '#lib/conformance/rfc8414';
import { rfc8707 } from '#lib/conformance/rfc8707';
import { rfc9207 } from '#lib/conformance/rfc9207';
import { rfc9700 } from '#lib/conformance/rfc9700';

/** Every specification of the map, in the order of the page. */
export const specifications: readonly Specification[] = [
  rfc6749,
  rfc6750,
  rfc7009,
  rfc7636,
  rfc8414,
  rfc8707,
  rfc9207,
  rfc9700,
  openidConnect,
  asvs4,
  asvs5,
  pciDss,
];
