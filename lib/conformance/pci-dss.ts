import type { Specification } from '#lib/conformance/clause';

export const pciDss: Specification = {
  id: 'pci-dss',
  name: 'PCI DSS v4.0.1',
  title: 'Requirement 6.4.3, scripts of payment pages',
  url: 'https://www.pcisecuritystandards.org/document_library/',
  scope:
    '6.4.3 is about scripts that payment pages load and run in the browser of a consumer: each is authorized, its integrity is assured, and an inventory gives its reason. It is not about OAuth. This product has no payment page, so 6.4.3 does not apply to it; its pages keep to the same controls as far as the rows say. The text was read in reproductions, not at its publisher.',
  clauses: [
    {
      id: '6.4.3 a',
      level: 'must',
      asks: 'A method confirms that each script is authorized.',
      state: 'met',
      code: ['lib/door/security-headers.ts#contentSecurityPolicy', 'proxy.ts#proxy'],
      tests: [
        'lib/door/security-headers.test.ts > scripts run only with the nonce of the answer, in production without eval',
        'e2e/hardening.spec.ts > a script that got into the page does not run',
        'lib/web/policy-report.db.test.ts > a report',
        'lib/alerts/evaluate.db.test.ts > each rule',
      ],
      reason:
        'A nonce of each answer authorizes the scripts of the build, and what they load. No other script runs; the browser reports it, and an alert opens.',
    },
    {
      id: '6.4.3 b',
      level: 'must',
      asks: 'A method assures the integrity of each script.',
      state: 'met',
      code: [
        'lib/door/script-integrity.ts#withIntegrity',
        'lib/door/script-tags.ts#createTagWriter',
        'instrumentation-client.ts#complete',
        'scripts/script-inventory.ts#makeInventory',
      ],
      tests: [
        'lib/door/script-integrity.test.ts > a page has integrity on its scripts, and a policy that lets no other run',
        'e2e/page-scripts.spec.ts > a script that was changed after the build does not run, at the first page and at the next',
        'e2e/page-scripts.spec.ts > the scripts that run on the pages are those of the inventory, each with integrity',
      ],
      reason:
        'Each file has the hash of the build, and browsers that know Integrity-Policy run no file without one. Scripts in the markup differ at each answer; their nonce and the secure connection assure them.',
    },
    {
      id: '6.4.3 c',
      level: 'must',
      asks: 'An inventory names every script, with the reason why it is needed.',
      state: 'met',
      code: [
        'scripts/script-inventory.ts#makeInventory',
        'lib/page-scripts/list.ts#listScripts',
        'lib/page-scripts/inline-scripts.ts#inlineScripts',
      ],
      tests: [
        'scripts/script-inventory.test.ts > the inventory',
        'e2e/page-scripts.spec.ts > the scripts that run on the pages are those of the inventory, each with integrity',
        'e2e/page-scripts.spec.ts > a script that got into a page beside the inventory is found',
      ],
      reason:
        'The build makes it, and fails at a script without a reason. The page Conformance, the command line and evidence show it.',
    },
  ],
};
