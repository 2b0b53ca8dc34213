import type { Metadata } from 'next';
import { cache } from 'react';
import { BackLink } from '#app/_ui/back-link';
import { Fact, Facts } from '#app/_ui/facts';
import { Link } from '#app/_ui/link';
import { Panel } from '#app/_ui/panel';
import { Time } from '#app/_ui/time';
import { getRule, type RuleView } from '#lib/alerts/list-rules';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, orNotFound, titleOf } from '#lib/web/page';
import { StandingFreezes } from '../../../_parts/standing-freezes.tsx';
import { StepUpNotice } from '../../../_parts/step-up-notice.tsx';
import { Severity } from '../../_parts/marks.tsx';
import { WhatIsSeen } from '../../_parts/what-is-seen.tsx';
import { numberWords } from '../_parts/number-words.ts';
import { RuleForm } from '../_parts/rule-form.tsx';
import { SetByHand } from '../_parts/set-by-hand.tsx';

/** Once a request, for the title and the page. */
const readOnce = cache(async (id: string) =>
  getRule(await adminPage(`/admin/alerts/rules/${encodeURIComponent(id)}`), { id }),
);

export async function generateMetadata({ params }: { params: Promise<{ id: string }> }): Promise<Metadata> {
  return { title: (await titleOf(readOnce((await params).id)))?.title ?? 'Alert rule' };
}

export default async function AlertRule({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const ctx = await adminPage(`/admin/alerts/rules/${encodeURIComponent(id)}`);
  const [rule, stepUp] = await Promise.all([orNotFound(readOnce(id)), readStepUp(ctx)]);
  const { title, about, numbers, counts, changed } = rule;
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/alerts/rules">Rules</BackLink>
      <h1 className="text-title font-semibold tracking-tight wrap-anywhere">{title}</h1>
      <p className="mt-2 mb-6 max-w-[75ch] text-soft">{about}</p>
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <Panel id="facts" title="Rule">
          <RuleFacts rule={rule} />
        </Panel>
        <Panel id="numbers" title="Thresholds and windows">
          {numbers.length === 0 ? (
            <p className="text-soft">Nothing to set: this rule takes every event seriously.</p>
          ) : ctx.actor.role === 'administrator' ? (
            <div className="flex flex-col gap-4">
              {!stepUp.fresh && (
                <StepUpNotice
                  stepUp={stepUp}
                  what="Changing a rule"
                  returnTo={`/admin/alerts/rules/${rule.id}`}
                  form={`rule ${rule.id}`}
                />
              )}
              <RuleForm rule={{ id: rule.id, numbers, counts, changed: changed !== null }} />
            </div>
          ) : (
            <Numbers rule={rule} />
          )}
        </Panel>
      </div>
      <WhatIsSeen />
    </>
  );
}

function RuleFacts({ rule: { id, severity, opens, ends, changed } }: { rule: RuleView }) {
  return (
    <Facts>
      <Fact label="Severity">
        <Severity severity={severity} />
      </Fact>
      <Fact label="Opens at">{opens}</Fact>
      <Fact label="Resolves">{ends}</Fact>
      {changed && (
        <Fact label="Numbers">
          <SetByHand />
          <span className="block text-meta text-soft">
            by{' '}
            <Link href={`/admin/people/${changed.by.id}`} className="link">
              {changed.by.name ?? changed.by.id}
            </Link>
            , <Time at={changed.at} />.{' '}
            <Link href="/admin/ledger?action=configuration.changed" className="link">
              Changes in the ledger
            </Link>
          </span>
        </Fact>
      )}
      <Fact label="Id">
        <code className="font-mono text-meta wrap-anywhere">{id}</code>
      </Fact>
    </Facts>
  );
}

/** For those who may look and not change. */
function Numbers({ rule: { numbers, counts } }: { rule: RuleView }) {
  return (
    <>
      <Facts>
        {numbers.map(({ name, value, own }) => {
          const { label, unit, hint } = numberWords(name, counts);
          return (
            <Fact key={name} label={label}>
              <span className="tabular">{value}</span> {unit}
              <span className="block text-meta text-soft">
                {hint} {value !== own && `By itself it is ${own}.`}
              </span>
            </Fact>
          );
        })}
      </Facts>
      <p className="mt-4 text-meta text-soft">Administrators set them.</p>
    </>
  );
}
