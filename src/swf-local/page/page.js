// SPDX-License-Identifier: MIT
// The page of swf-local.  What the service sends is text and stays text: it
// reaches the document by textContent and attributes alone.
'use strict';

const byId = id => document.getElementById(id);

// ---- small things -----------------------------------------------------------

function make(tag, attributes, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes))
		node.setAttribute(name, value);
	node.append(...children);
	return node;
}

// Touches the document only if something is new.
function setText(node, text) {
	if (node.textContent !== text)
		node.textContent = text;
}

function setData(node, name, value) {
	if (node.dataset[name] !== value)
		node.dataset[name] = value;
}

function show(node, text) {
	node.hidden = text === '';
	setText(node, text);
}

const count = (n, one, many) => n.toLocaleString() + ' ' + (n === 1 ? one : many);

// A length of time, as short as it can be read: 340 ms, 8.2 s, 3 min 5 s.
function span(ms) {
	const s = Math.max(0, ms) / 1000;
	if (s < 9.95)
		return s.toFixed(1) + ' s';
	if (s < 120)
		return Math.round(s) + ' s';
	if (s < 7200)
		return Math.floor(s / 60) + ' min' +
			(s < 600 ? ' ' + Math.floor(s % 60) + ' s' : '');
	if (s < 172800)
		return Math.floor(s / 3600) + ' h';
	return Math.floor(s / 86400) + ' days';
}

// The same where each millisecond counts: between events.
const exact = ms => ms < 1000 ? Math.max(0, Math.round(ms)) + ' ms' :
	ms < 9995 ? (ms / 1000).toFixed(2) + ' s' : span(ms);

const ago = ms => ms < 2000 ? 'just now' : span(ms).replace(/\.\d/, '') + ' ago';

// WorkflowExecutionStarted, TIMED_OUT -> as people write it.
function words(name) {
	const text = /[a-z]/.test(name) ?
		name.replace(/(.)([A-Z])/g, '$1 $2') : name.replace(/_/g, ' ');
	return text[0].toUpperCase() + text.slice(1).toLowerCase();
}

// Good news goes by itself; bad news stays until there is other news.
let saying = 0;

function say(text, failed) {
	clearTimeout(saying);
	setData(byId('said'), 'failed', failed ? 'yes' : 'no');
	setText(byId('said'), text);
	if (!failed)
		saying = setTimeout(() => setText(byId('said'), ''), 8000);
}

// The service's clock, which may be another than the browser's.
const clock = { service: 0, here: 0 };
const now = () => clock.service + performance.now() - clock.here;

async function ask(method, path, body) {
	const request = { method, cache: 'no-store' };
	if (body !== undefined) {
		request.headers = { 'Content-Type': 'application/json' };
		request.body = JSON.stringify(body);
	}
	const response = await fetch('/_local/' + path, request);
	const text = await response.text();
	const json = text === '' ? {} : JSON.parse(text);
	if (!response.ok)
		throw new Error(json.message || 'status ' + response.status);
	return json;
}

// ---- activity tasks ---------------------------------------------------------

class Activity {
	constructor() {
		this.name = make('span', { class: 'name' });
		this.type = make('span', { class: 'type' });
		this.percent = make('span', { class: 'percent' });
		this.bar = make('progress', { max: '100' });
		this.details = make('p', { class: 'details' });
		this.leaseText = make('span', {});
		this.leaseBar = make('i', {});
		this.lease = make('span', { class: 'lease' },
			make('span', { class: 'track', 'aria-hidden': 'true' },
				this.leaseBar), this.leaseText);
		this.status = make('span', { class: 'status' });
		this.root = make('li', { class: 'activity' },
			make('div', { class: 'line' }, this.name, this.type,
				this.percent),
			this.bar, this.details,
			make('div', { class: 'line small' }, this.status,
				this.lease));
	}

	update(data) {
		this.data = data;
		const known = data.percent !== undefined;
		setText(this.name, data.activityId);
		setText(this.type, data.type.name + ' ' + data.type.version);
		setText(this.percent, known ? Math.floor(data.percent) + '%' : '');
		this.bar.hidden = !known;
		if (known) {
			this.bar.value = data.percent;
			this.bar.setAttribute('aria-label',
				'Progress of ' + data.activityId);
		}
		show(this.details, data.details || '');
		setData(this.root, 'state', data.started === undefined ? 'waiting' :
			data.cancelRequested ? 'canceling' : 'running');
		this.tick();
	}

	tick() {
		const data = this.data;
		const parts = [];
		if (data.started === undefined)
			parts.push('waiting for a worker in task list ' +
				data.taskList + ', ' +
				span(now() - data.scheduled).replace(/\.\d/, ''));
		else
			parts.push('running ' +
				span(now() - data.started).replace(/\.\d/, ''));
		if (data.cancelRequested)
			parts.unshift('cancel requested');
		if (data.timeout && data.timeout.type !== 'HEARTBEAT')
			parts.push(words(data.timeout.type).toLowerCase() +
				' timeout in ' + span(data.timeout.at - now()));
		setText(this.status, parts.join(' · '));
		this.tickLease();
	}

	tickLease() {
		const data = this.data;
		this.lease.hidden = data.leaseEnds === undefined;
		if (this.lease.hidden)
			return;
		const left = Math.max(0, data.leaseEnds - now());
		const share = Math.min(1, left / Math.max(1, data.lease));
		setText(this.leaseText, 'lease ' + span(left) + ' of ' +
			span(data.lease).replace(/\.0/, ''));
		this.leaseBar.style.width = (100 * share).toFixed(1) + '%';
		setData(this.lease, 'level', share < 0.1 ? 'out' :
			share < 0.34 ? 'low' : 'good');
	}
}

// ---- lists that keep their nodes --------------------------------------------

class List {
	constructor(node, Item, key) {
		this.node = node;
		this.Item = Item;
		this.key = key;
		this.items = new Map();
	}

	update(all) {
		const items = new Map();
		for (const data of all) {
			const key = this.key(data);
			const item = this.items.get(key) || new this.Item();
			item.update(data);
			items.set(key, item);
		}
		for (const [key, item] of this.items)
			if (!items.has(key))
				item.root.remove();
		// What stands where it should is not moved, and keeps its focus.
		let at = this.node.firstChild;
		for (const item of items.values()) {
			if (item.root === at)
				at = at.nextSibling;
			else
				this.node.insertBefore(item.root, at);
		}
		this.items = items;
	}

	tick() {
		for (const item of this.items.values())
			item.tick();
	}
}

const activityKey = data => data.activityId + '\n' + data.scheduled;

// ---- executions -------------------------------------------------------------

function condition(data) {
	if (data.closeStatus)
		return [data.closeStatus.toLowerCase(), words(data.closeStatus)];
	if (data.cancelRequested)
		return ['canceling', 'Cancel requested'];
	return ['open', 'Open'];
}

class Row {
	constructor() {
		this.link = make('a', { class: 'pick' });
		this.chip = make('span', { class: 'chip' });
		this.meta = make('p', { class: 'meta' });
		this.node = make('ul', { class: 'activities' });
		this.more = make('p', { class: 'note', hidden: '' });
		this.activities = new List(this.node, Activity, activityKey);
		this.root = make('li', { class: 'row' },
			make('div', { class: 'head' }, this.link, this.chip),
			this.meta, this.node, this.more);
	}

	update(data) {
		const [kind, text] = condition(data);
		const left = data.activityCount - data.activities.length;
		this.data = data;
		setText(this.link, data.workflowId);
		this.link.href = '#' + encodeURIComponent(data.runId);
		if (data.runId === chosen)
			this.link.setAttribute('aria-current', 'true');
		else
			this.link.removeAttribute('aria-current');
		setData(this.chip, 'kind', kind);
		setText(this.chip, text);
		this.activities.update(data.activities);
		this.node.hidden = data.activities.length === 0;
		show(this.more, left > 0 ? 'and ' +
			count(left, 'more activity task', 'more activity tasks') : '');
		this.tick();
	}

	tick() {
		const data = this.data;
		const parts = [data.type.name + ' ' + data.type.version, data.domain];
		if (data.closed)
			parts.push('closed ' + ago(now() - data.closed),
				'took ' + exact(data.closed - data.started));
		else
			parts.push('started ' + ago(now() - data.started));
		if (data.decision === 'SCHEDULED')
			parts.push('waits for a decider');
		setText(this.meta, parts.join(' · '));
		this.activities.tick();
	}
}

const open = new List(byId('open'), Row, data => data.runId);
const closed = new List(byId('closed'), Row, data => data.runId);

function updateLists(data) {
	const filter = byId('filter').value;
	const shown = data.open.length;
	const far = filter !== '' && data.openCount > data.searched;
	open.update(data.open);
	closed.update(data.closed);
	setText(byId('open-title'), 'Open executions' +
		(data.openCount > 0 ? ' (' + data.openCount.toLocaleString() + ')' : ''));
	show(byId('open-note'), data.openCount === 0 ? '' :
		filter !== '' ? count(shown, 'matches', 'match') + ' “' + filter + '”' +
			(shown === 100 || far ? '; the newest are shown' : '') :
		shown < data.openCount ? 'The newest ' + shown +
			' are shown; the filter finds others.' : '');
	byId('start').hidden = data.openCount > 0;
	document.body.classList.toggle('bare', chosen === '' &&
		data.openCount + data.closedCount === 0);
	byId('closed-part').hidden = data.closed.length === 0;
	setText(byId('closed-title'), 'Closed lately (' + (filter === '' &&
		data.closed.length < data.closedCount ? data.closed.length + ' of ' +
		data.closedCount.toLocaleString() : data.closed.length) + ')');
	show(byId('to-closed'), shown > 5 && data.closed.length > 0 ?
		byId('closed-title').textContent : '');
}

// ---- one execution and its history ------------------------------------------

let chosen = '';      // its run id
let run = null;       // what was last sent of it
let newest = 0;       // event ids that are shown
let oldest = 0;
let fetching = false;
const scheduled = new Map(); // event id of a schedule -> what it was of

const runActivities = new List(byId('run-activities'), Activity, activityKey);

function updateRun(data) {
	const [kind, text] = condition(data);
	const left = data.activityCount - data.activities.length;
	run = data;
	byId('run').hidden = false;
	setText(byId('run-title'), data.workflowId);
	setData(byId('run-chip'), 'kind', kind);
	setText(byId('run-chip'), text);
	setText(byId('run-meta'), data.type.name + ' ' + data.type.version + ' · ' +
		data.domain + ' · ' + count(data.events, 'event', 'events'));
	// A button that goes away leaves its focus to the title.
	if (data.closeStatus && byId('run-buttons').contains(document.activeElement))
		byId('run-title').focus();
	byId('run-buttons').hidden = data.closeStatus !== undefined;
	byId('run-work').hidden = data.closeStatus !== undefined;
	byId('cancel').setAttribute('aria-disabled', data.cancelRequested);
	show(byId('run-note'), runNote(data));
	byId('run-none').hidden = data.activityCount > 0;
	runActivities.update(data.activities);
	show(byId('run-more'), left > 0 ? 'and ' + count(left, 'more', 'more') : '');
	updateFacts(data);
	if (data.events > newest)
		fetchNew();
}

function runNote(data) {
	if (data.closeStatus)
		return '';
	if (data.decision === 'SCHEDULED')
		return 'A decision task waits in task list ' + data.taskList +
			' for a decider' + (data.cancelRequested ?
			', which has yet to act on the request to cancel.' : '.');
	if (data.decision === 'STARTED')
		return 'A decider has a decision task now.';
	return '';
}

function updateFacts(data) {
	const facts = { 'Run id': data.runId, 'Task list': data.taskList,
		'Started': new Date(data.started).toISOString() };
	if (data.closed)
		facts.Closed = new Date(data.closed).toISOString();
	const text = JSON.stringify(facts);
	if (byId('run-facts').dataset.text === text)
		return;
	byId('run-facts').dataset.text = text;
	byId('run-facts').replaceChildren(...definitions(facts));
}

function definitions(object) {
	return Object.entries(object).flatMap(([key, value]) => [
		make('dt', {}, key), make('dd', {}, typeof value === 'object' ?
			JSON.stringify(value) : String(value))]);
}

// What an event says, in the order in which people want to know it.
const telling = ['activityId', 'activityType', 'workflowType', 'workflowId',
	'workflowExecution', 'externalWorkflowExecution', 'timerId',
	'startToFireTimeout', 'markerName', 'signalName', 'timeoutType', 'cause',
	'reason', 'result', 'details', 'input', 'identity'];
const plain = ['activityId', 'workflowId', 'timeoutType', 'cause'];

function summary(attributes) {
	const parts = [];
	const of = scheduled.get(attributes.scheduledEventId);
	if (of !== undefined)
		parts.push(of);
	for (const key of telling) {
		const value = attributes[key];
		if (value === undefined || value === '')
			continue;
		if (typeof value === 'object')
			parts.push(value.workflowId || value.name + ' ' + value.version);
		else if (plain.includes(key))
			parts.push(value);
		else
			parts.push(words(key).toLowerCase() + ': ' + value);
	}
	const text = parts.join(' · ');
	return text.length > 300 ? text.slice(0, 300) + '…' : text;
}

function tone(type) {
	if (/Failed$|TimedOut$/.test(type))
		return 'bad';
	if (/Cancel|Terminated$/.test(type))
		return 'warn';
	if (/^DecisionTask/.test(type))
		return 'dim';
	return /Completed$/.test(type) ? 'good' : 'plain';
}

function attributesOf(event) {
	for (const key in event)
		if (key.endsWith('EventAttributes'))
			return event[key];
	return {};
}

function eventNode(event) {
	const attributes = attributesOf(event);
	const at = event.eventTimestamp * 1000;
	const line = make('summary', {},
		make('span', { class: 'when' }, '+' + exact(at - run.started)),
		make('span', { class: 'what' }, words(event.eventType)),
		make('span', { class: 'said-by' }, summary(attributes)));
	const facts = make('dl', { class: 'facts' }, ...definitions({
		'event': event.eventId, 'time': new Date(at).toISOString(),
		...attributes }));
	return make('li', { 'data-tone': tone(event.eventType),
		value: event.eventId }, make('details', {}, line, facts));
}

function remember(events) {
	for (const event of events)
		if (event.eventType === 'ActivityTaskScheduled')
			scheduled.set(event.eventId, attributesOf(event).activityId);
}

// Newer events go on top; "events" are in ascending order.
function addNewer(events) {
	const fresh = events.filter(event => event.eventId > newest);
	remember(fresh);
	byId('history').prepend(...fresh.map(eventNode).reverse());
	if (fresh.length > 0)
		newest = fresh[fresh.length - 1].eventId;
}

// A history that grows fast takes several requests.
async function fetchNew() {
	const of = chosen;
	const before = newest;
	if (fetching)
		return;
	fetching = true;
	try {
		const path = 'history?runId=' + encodeURIComponent(of);
		const answer = await ask('GET',
			newest > 0 ? path + '&after=' + newest : path);
		if (of === chosen) {
			const events = answer.events;
			if (newest === 0) {
				events.reverse();
				oldest = events.length > 0 ? events[0].eventId : 1;
			}
			addNewer(events);
			byId('earlier').hidden = oldest <= 1;
		}
	} catch (error) {
		say('The history cannot be read: ' + error.message, true);
	}
	fetching = false;
	if (run && (of !== chosen || newest > before) && newest < run.events)
		fetchNew();
}

async function fetchEarlier() {
	const of = chosen;
	const answer = await ask('GET', 'history?runId=' + encodeURIComponent(of) +
		'&before=' + oldest);
	if (of !== chosen || answer.events.length === 0)
		return;
	remember(answer.events);
	byId('history').append(...answer.events.map(eventNode));
	oldest = answer.events[answer.events.length - 1].eventId;
	byId('earlier').hidden = oldest <= 1;
}

function addressed() {
	try {
		return decodeURIComponent(location.hash.slice(1));
	} catch (error) {
		return ''; // typed in, and wrong
	}
}

function choose() {
	const id = addressed();
	const before = open.items.get(chosen) || closed.items.get(chosen);
	if (id === chosen)
		return;
	chosen = id;
	run = null;
	newest = oldest = 0;
	scheduled.clear();
	byId('history').replaceChildren();
	byId('earlier').hidden = true;
	byId('run').hidden = true;
	byId('nothing').hidden = id !== '';
	document.body.classList.toggle('chosen', id !== '');
	say('');
	listen();
	if (id === '' && before !== undefined)
		before.link.focus();
}

let wantsFocus = false; // the chosen execution is about to be shown

// ---- faults -----------------------------------------------------------------

const values = {
	'delay': '2s', 'delay-before': '2s', 'date': '-20m',
	'error': 'ExpiredTokenException', 'body': 'html, or a size'
};

class Rule {
	constructor() {
		this.root = make('li', {});
	}

	update(rule) {
		const parts = [rule.fault + (rule.value === undefined ? '' :
			'=' + rule.value)];
		if (rule.count !== undefined)
			parts.push(count(rule.count, 'time left', 'times left'));
		if (rule.after > 0)
			parts.push('after ' + count(rule.after, 'call', 'calls'));
		if (rule.probability < 1)
			parts.push('probability ' + rule.probability);
		parts.push('applied ' + count(rule.applied, 'time', 'times'));
		setText(this.root, (rule.operation === '*' ? 'every operation' :
			rule.operation) + ': ' + parts.join(' · '));
	}
}

const rules = new List(byId('rules'), Rule, rule => rule.index);

function updateFaults(all) {
	rules.update(all.map((rule, index) => ({ ...rule, index })));
	setText(byId('faults-sum'), all.length === 0 ? 'none' :
		count(all.length, 'rule', 'rules'));
	setData(byId('faults'), 'any', all.length === 0 ? 'no' : 'yes');
	byId('clear').disabled = all.length === 0;
}

function kindChosen() {
	const hint = values[byId('fault-kind').value];
	byId('fault-value').disabled = hint === undefined;
	byId('fault-value').required = hint !== undefined;
	byId('fault-value').placeholder = hint || '';
	if (hint === undefined)
		byId('fault-value').value = '';
}

async function inject() {
	const rule = { operation: byId('fault-operation').value,
		fault: byId('fault-kind').value };
	if (values[rule.fault] !== undefined)
		rule.value = byId('fault-value').value;
	for (const key of ['count', 'probability'])
		if (byId('fault-' + key).value !== '')
			rule[key] = Number(byId('fault-' + key).value);
	updateFaults(await ask('POST', 'faults', rule));
	say('Injected: ' + rule.fault + '.');
}

async function fillNames() {
	const names = await ask('GET', 'names');
	for (const name of names.operations.sort())
		byId('fault-operation').append(make('option', {}, name));
	for (const name of names.faults)
		byId('fault-kind').append(make('option', {}, name));
	byId('fault-kind').value = 'throttle';
	kindChosen();
}

// ---- buttons ----------------------------------------------------------------

// Does it, and says what went wrong if it did.
function act(action) {
	action().catch(error => say('That did not work: ' + error.message, true));
}

const named = () => ({ domain: run.domain, workflowId: run.workflowId,
	runId: run.runId });

async function cancel() {
	const what = run.workflowId;
	if (run.cancelRequested)
		return say('A cancel was requested already; the decider has to act ' +
			'on it.');
	await ask('POST', 'cancel', named());
	say('A cancel of ' + what + ' is requested.');
}

async function terminate() {
	const what = run.workflowId;
	const reason = byId('ask-reason').value;
	await ask('POST', 'terminate', reason === '' ? named() :
		{ ...named(), reason });
	say(what + ' is terminated.');
}

byId('cancel').addEventListener('click', () => act(cancel));
byId('terminate').addEventListener('click', () => {
	setText(byId('ask-title'), 'Terminate ' + run.workflowId + '?');
	byId('ask').returnValue = 'no';
	byId('ask-reason').value = '';
	byId('ask').showModal();
});
// This event comes with a later frame: the dialog may be open again by then.
byId('ask').addEventListener('close', () => {
	if (byId('ask').returnValue !== 'yes')
		return;
	byId('ask').returnValue = 'no';
	act(terminate);
});
byId('earlier').addEventListener('click', () => act(fetchEarlier));
byId('fault-kind').addEventListener('change', kindChosen);
byId('inject').addEventListener('submit', event => {
	event.preventDefault();
	act(inject);
});
byId('to-closed').addEventListener('click', () => byId('closed-title').focus());
// What opens over the page closes by Escape, or by a press elsewhere.
document.addEventListener('keydown', event => {
	if (event.key !== 'Escape' || !byId('faults').open || byId('ask').open)
		return;
	byId('faults').open = false;
	byId('faults').querySelector('summary').focus();
});
document.addEventListener('pointerdown', event => {
	if (!byId('faults').contains(event.target))
		byId('faults').open = false;
});
byId('clear').addEventListener('click', () => act(async () => {
	byId('fault-operation').focus();
	updateFaults(await ask('DELETE', 'faults'));
	say('No fault is injected any more.');
}));

// ---- what the service sends -------------------------------------------------

let source = null;
let retry = 0;

function state(name) {
	setData(byId('state'), 'state', name);
	setText(byId('state'), name);
}

function listen() {
	const query = new URLSearchParams();
	clearTimeout(retry);
	if (source !== null)
		source.close();
	source = null;
	if (document.hidden)
		return state('paused');
	if (byId('filter').value !== '')
		query.set('filter', byId('filter').value);
	if (chosen !== '')
		query.set('runId', chosen);
	source = new EventSource('/_local/stream?' + query);
	source.addEventListener('message', event => {
		state('live');
		update(JSON.parse(event.data));
	});
	source.addEventListener('error', () => {
		state('reconnecting');
		if (source.readyState === EventSource.CLOSED)
			retry = setTimeout(listen, 2000);
	});
}

function update(data) {
	clock.service = data.now;
	clock.here = performance.now();
	updateLists(data);
	updateFaults(data.faults);
	if (data.run !== undefined)
		updateRun(data.run);
	else if (chosen !== '')
		say('There is no execution of that run id.', true);
	if (wantsFocus && data.run !== undefined) {
		wantsFocus = false;
		byId('run-title').focus();
	}
	document.title = (data.openCount > 0 ? '(' + data.openCount + ') ' : '') +
		'swf-local';
}

// A browser has few connections to one host: a page that nobody looks at
// gives up its own.
document.addEventListener('visibilitychange', listen);
addEventListener('hashchange', () => {
	choose();
	wantsFocus = chosen !== '';
});

let typing = 0;
byId('filter').addEventListener('input', () => {
	clearTimeout(typing);
	typing = setTimeout(listen, 250);
	scrollTo(0, 0);
});

setInterval(() => {
	open.tick();
	closed.tick();
	runActivities.tick();
}, 500);

function fillStart() {
	const at = '--endpoint-url ' + location.origin + ' --no-sign-request';
	byId('start-aws').textContent =
		'swf() {\n    aws ' + at + ' \\\n' +
		'        --region us-east-1 swf "$@"\n}\n' +
		'swf register-domain --name demo \\\n' +
		'    --workflow-execution-retention-period-in-days 1\n' +
		'swf register-workflow-type --domain demo \\\n' +
		'    --name flow --workflow-version 1\n' +
		'swf start-workflow-execution --domain demo \\\n' +
		'    --workflow-id first \\\n' +
		'    --workflow-type name=flow,version=1 \\\n' +
		'    --task-list name=decide --child-policy TERMINATE \\\n' +
		'    --execution-start-to-close-timeout 3600 \\\n' +
		'    --task-start-to-close-timeout 60';
	byId('start-submit').textContent =
		'tend submit ' + at + ' \\\n' +
		'    --domain demo --activity count:1 --task-list work';
	byId('start-run').textContent =
		'swf poll-for-activity-task --domain demo \\\n' +
		'    --task-list name=work >task.json\n' +
		'tend run ' + at + ' \\\n' +
		'    --task task.json -- \\\n' +
		'    sh -c \'for i in 1 2 3 4 5; do echo $i/5; sleep 2; done\'';
}

fillStart();
act(fillNames);
choose();
if (source === null)
	listen();
