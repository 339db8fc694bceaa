-- The books of chatgate, in SQLite. Applied as a whole to an empty database by the program, which
-- also sets PRAGMA user_version and keeps the steps from older versions (common/store/sqlite/schema.cc).
--
-- Every table is STRICT: a value of the wrong type is refused instead of stored.
-- Money is an integer in the smallest part of its account's unit: 1e-9 of a currency, or one token.
-- Prices are integers of 1e-12 of their currency per token. Times are milliseconds since 1970, UTC.
-- `revision` is the change_counter's value at a row's latest change by a person, by which a running
-- gateway finds what to read again. The gateway's own charges do not touch it.

-- Why: one number that orders all changes of users, tokens and prices.
CREATE TABLE change_counter (
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  revision INTEGER NOT NULL
) STRICT;
INSERT INTO change_counter (id, revision) VALUES (1, 0);

-- Why: an account pays for requests. The balance is kept, not summed, because every request needs it;
-- `ledger verify` proves that it equals the credits less the costs. An account that is removed, which
-- only one without a history can be, keeps its row under the name '#' and its id.
CREATE TABLE users (
  id         INTEGER PRIMARY KEY,
  name       TEXT    NOT NULL UNIQUE,
  unit       TEXT    NOT NULL,                                -- 'USD', ... or 'tokens'
  balance    INTEGER NOT NULL DEFAULT 0,
  unmetered  INTEGER NOT NULL DEFAULT 0 CHECK (unmetered IN (0, 1)),
  blocked    INTEGER NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1)),
  note       TEXT    NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  revision   INTEGER NOT NULL,
  archived_at   INTEGER,                                      -- gone, but for its history
  password_hash TEXT NOT NULL DEFAULT '',                     -- Argon2id; '': none
  budget        INTEGER CHECK (budget >= 0),                  -- most that a period may cost; NULL: no limit
  budget_period TEXT    NOT NULL DEFAULT '' CHECK (budget_period IN ('', 'day', 'week', 'month')),
  requests_per_minute INTEGER NOT NULL DEFAULT 0 CHECK (requests_per_minute >= 0),  -- 0: unlimited
  tokens_per_minute   INTEGER NOT NULL DEFAULT 0 CHECK (tokens_per_minute >= 0),
  parallel_requests   INTEGER NOT NULL DEFAULT 0 CHECK (parallel_requests >= 0),
  model_settings      TEXT    NOT NULL DEFAULT ''             -- a JSON object; '': the defaults
) STRICT;
CREATE INDEX users_by_revision ON users (revision);

-- Why: who may call. Only a token's SHA-256 is kept, so that a stolen file opens nothing.
CREATE TABLE tokens (
  id                  INTEGER PRIMARY KEY,
  user_id             INTEGER NOT NULL REFERENCES users (id),
  hash                BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
  prefix              TEXT    NOT NULL,                       -- shown to people, too short to guess from
  name                TEXT    NOT NULL DEFAULT '',
  created_at          INTEGER NOT NULL,
  expires_at          INTEGER,
  revoked_at          INTEGER,
  allowed_models      TEXT    NOT NULL DEFAULT '',            -- a JSON array of patterns; '': all models
  requests_per_minute INTEGER NOT NULL DEFAULT 0 CHECK (requests_per_minute >= 0),  -- 0: unlimited
  tokens_per_minute   INTEGER NOT NULL DEFAULT 0 CHECK (tokens_per_minute >= 0),
  parallel_requests   INTEGER NOT NULL DEFAULT 0 CHECK (parallel_requests >= 0),
  sealed_upstream_key TEXT    NOT NULL DEFAULT '',            -- encrypted under the master key
  revision            INTEGER NOT NULL
) STRICT;
CREATE INDEX tokens_by_user ON tokens (user_id);
CREATE INDEX tokens_by_prefix ON tokens (prefix);
CREATE INDEX tokens_by_revision ON tokens (revision);

-- Why: what a model costs, and since when. Append-only: a charge stays explicable for ever, because
-- the row that it was computed from never changes. Of two rows with one time the later id holds.
CREATE TABLE prices (
  id                INTEGER PRIMARY KEY,
  model             TEXT    NOT NULL,
  currency          TEXT    NOT NULL,
  input             INTEGER NOT NULL CHECK (input >= 0),
  output            INTEGER NOT NULL CHECK (output >= 0),
  cached_input      INTEGER CHECK (cached_input >= 0),        -- NULL: as `input`
  reasoning         INTEGER CHECK (reasoning >= 0),           -- NULL: as `output`
  audio_input       INTEGER CHECK (audio_input >= 0),         -- NULL: as `input`
  audio_output      INTEGER CHECK (audio_output >= 0),        -- NULL: as `output`
  per_request       INTEGER NOT NULL CHECK (per_request >= 0),
  max_input_tokens  INTEGER NOT NULL CHECK (max_input_tokens >= 0),   -- 0: unknown
  max_output_tokens INTEGER NOT NULL CHECK (max_output_tokens >= 0),  -- 0: unknown
  effective_from    INTEGER NOT NULL,
  removed           INTEGER NOT NULL CHECK (removed IN (0, 1)),
  revision          INTEGER NOT NULL
) STRICT;
CREATE INDEX prices_by_revision ON prices (revision);
CREATE TRIGGER prices_stay BEFORE UPDATE ON prices
BEGIN SELECT RAISE(ABORT, 'prices are never changed: add a row'); END;
CREATE TRIGGER prices_last BEFORE DELETE ON prices
BEGIN SELECT RAISE(ABORT, 'prices are never deleted: add a row with removed = 1'); END;

-- Why: money that people put in or correct. The other half of a balance is `usage.cost`.
CREATE TABLE ledger_entries (
  id              INTEGER PRIMARY KEY,
  user_id         INTEGER NOT NULL REFERENCES users (id),
  kind            TEXT    NOT NULL CHECK (kind IN ('credit', 'adjustment')),
  amount          INTEGER NOT NULL CHECK (amount > 0 OR kind = 'adjustment'),
  balance_after   INTEGER NOT NULL,
  note            TEXT    NOT NULL DEFAULT '',
  idempotency_key TEXT    UNIQUE,                             -- a repeated order is booked once
  created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX ledger_entries_by_user ON ledger_entries (user_id);
CREATE TRIGGER ledger_entries_stay BEFORE UPDATE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'ledger entries are never changed: add an adjustment'); END;
CREATE TRIGGER ledger_entries_last BEFORE DELETE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'ledger entries are never deleted: add an adjustment'); END;

-- Why: models, endpoints and upstreams recur in millions of usage rows; a small number stands for
-- each. Number 0 is the empty name.
CREATE TABLE names (
  id   INTEGER PRIMARY KEY,
  name TEXT    NOT NULL UNIQUE
) STRICT;
INSERT INTO names (id, name) VALUES (0, '');

-- Why: one row for each request: what was used, at which price, what was charged. The id
-- is the request's own (id >> 20 is its time of arrival), so that a repeated commit cannot charge
-- twice and a span of time is a span of ids.
-- It has no index, for an index by token would touch a page of its own for each row of a commit and
-- cost as much as all the rest. Instead each row names the row before it in its line of usage_daily,
-- which names the last: a token's rows are found by following these, one step for each row.
CREATE TABLE usage (
  id                   INTEGER PRIMARY KEY,
  user_id              INTEGER NOT NULL REFERENCES users (id),
  token_id             INTEGER REFERENCES tokens (id),        -- NULL: swept after a crash
  price_id             INTEGER REFERENCES prices (id),        -- NULL: no model, no cost
  model_id             INTEGER NOT NULL REFERENCES names (id),
  endpoint_id          INTEGER NOT NULL REFERENCES names (id),
  upstream_id          INTEGER NOT NULL REFERENCES names (id),
  remote_id            TEXT    NOT NULL,                      -- the upstream's id of its answer
  status               INTEGER NOT NULL CHECK (status BETWEEN 0 AND 4),  -- see UsageStatus
  estimated            INTEGER NOT NULL CHECK (estimated IN (0, 1)),
  http_status          INTEGER NOT NULL,
  prompt               INTEGER NOT NULL CHECK (prompt >= 0),
  cached_prompt        INTEGER NOT NULL,                      -- inside prompt, as is audio
  audio_prompt         INTEGER NOT NULL,
  completion           INTEGER NOT NULL CHECK (completion >= 0),
  reasoning_completion INTEGER NOT NULL,                      -- inside completion, as is audio
  audio_completion     INTEGER NOT NULL,
  rate                 INTEGER NOT NULL,                      -- price's currency to account's, 1e-9
  cost                 INTEGER NOT NULL CHECK (cost >= 0),
  written_off          INTEGER NOT NULL CHECK (written_off >= 0),
  duration_ms          INTEGER NOT NULL,
  previous_id          INTEGER NOT NULL                       -- 0: the first of its line
) STRICT;
CREATE TRIGGER usage_stays BEFORE UPDATE ON usage
BEGIN SELECT RAISE(ABORT, 'usage rows are never changed: add an adjustment'); END;
CREATE TRIGGER usage_lasts BEFORE DELETE ON usage
WHEN OLD.id >= (SELECT first_id FROM usage_kept)
BEGIN SELECT RAISE(ABORT, 'usage rows are deleted only by chatgate db prune'); END;

-- Why: old usage rows may be given up for space, whole days at a time. Their sums stay in
-- usage_daily for ever, so balances and reports by day remain provable.
CREATE TABLE usage_kept (
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  first_id INTEGER NOT NULL                                   -- rows before it have been pruned
) STRICT;
INSERT INTO usage_kept (id, first_id) VALUES (1, 0);

-- Why: reports over months read these sums instead of millions of rows. `day` counts days since
-- 1970, UTC. In the key's order, so that a day's rows lie together.
CREATE TABLE usage_daily (
  day                  INTEGER NOT NULL,
  user_id              INTEGER NOT NULL,
  token_id             INTEGER NOT NULL,                      -- 0: none
  model_id             INTEGER NOT NULL,
  requests             INTEGER NOT NULL,
  prompt               INTEGER NOT NULL,
  cached_prompt        INTEGER NOT NULL,
  audio_prompt         INTEGER NOT NULL,
  completion           INTEGER NOT NULL,
  reasoning_completion INTEGER NOT NULL,
  audio_completion     INTEGER NOT NULL,
  cost                 INTEGER NOT NULL,
  written_off          INTEGER NOT NULL,
  last_id              INTEGER NOT NULL,                      -- the latest of its usage rows
  PRIMARY KEY (day, user_id, token_id, model_id)
) STRICT, WITHOUT ROWID;

-- Why: balance reserved by requests that still run. What stands here when no gateway runs was left
-- by one that died; the next start ends it without a charge.
CREATE TABLE holds (
  request_id INTEGER PRIMARY KEY,
  user_id    INTEGER NOT NULL REFERENCES users (id),
  amount     INTEGER NOT NULL CHECK (amount >= 0)
) STRICT;

-- Why: some doors' clients name an earlier message instead of sending the whole dialogue again. A
-- conversation is a tree: each message but the first names the one before it, and two that name the
-- same one are two branches. Only its own account ever sees it. None is without messages.
CREATE TABLE conversations (
  number     INTEGER PRIMARY KEY,
  id         TEXT    NOT NULL UNIQUE,                         -- random, as its clients name it
  user_id    INTEGER NOT NULL REFERENCES users (id),
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX conversations_by_user ON conversations (user_id);

-- Why: what was said, until its time is over. The only content that the books ever hold. Numbered in
-- the order of their adding, so that new ones fill pages from the end and old ones free whole pages.
CREATE TABLE messages (
  number       INTEGER PRIMARY KEY,
  id           TEXT    NOT NULL UNIQUE,                       -- random, as its clients name it
  conversation INTEGER NOT NULL REFERENCES conversations (number),
  parent_id    TEXT    NOT NULL,                              -- '': the first; may be gone
  role         TEXT    NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
  name         TEXT    NOT NULL,                              -- the speaker's, where one is given
  model        TEXT    NOT NULL,                              -- that answered; '': a question
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER,                                       -- NULL: kept until it is purged
  content      TEXT    NOT NULL
) STRICT;
CREATE INDEX messages_by_conversation ON messages (conversation);
CREATE INDEX messages_by_expiry ON messages (expires_at) WHERE expires_at IS NOT NULL;
