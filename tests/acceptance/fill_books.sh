# For the scripts that need a database with history. Source it after lib.sh.

# fill_books ROWS DAYS: adds so many finished requests of the first token, at the first price (1 USD
# and 2 USD for a million tokens), spread over so many days that ended forty days ago, with all that
# the books say of them.
fill_books() {
  sqlite3 -cmd '.timeout 10000' "$db" > /dev/null << SQL
PRAGMA synchronous = OFF;
BEGIN IMMEDIATE;
INSERT INTO names (name) VALUES ('gpt-4o'), ('gpt-4o-mini'), ('/v1/chat/completions'), ('main')
  ON CONFLICT DO NOTHING;
CREATE TEMP TABLE called (id INTEGER PRIMARY KEY, model INTEGER);
WITH RECURSIVE
  span (from_ms, step_ms) AS (
    SELECT (unixepoch('now', 'start of day') - (40 + $2) * 86400) * 1000, $2 * 86400000.0 / $1),
  row (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM row WHERE number + 1 < $1)
INSERT INTO called
  SELECT (CAST(from_ms + number * step_ms AS INTEGER) << 20) + number % 1000,
         (SELECT id FROM names WHERE name = iif(number % 3, 'gpt-4o', 'gpt-4o-mini'))
  FROM row, span;
INSERT INTO usage
  SELECT id, 1, 1, 1, model, (SELECT id FROM names WHERE name = '/v1/chat/completions'),
         (SELECT id FROM names WHERE name = 'main'), 'chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxY' || id % 1000,
         0, 0, 200, 7, 0, 0, 3, 0, 0, 1000000000, 13000, 0, 321,
         lag(id, 1, 0) OVER (PARTITION BY (id >> 20) / 86400000, model ORDER BY id)
  FROM called ORDER BY id;
INSERT INTO usage_daily
  SELECT (id >> 20) / 86400000, 1, 1, model, count(*), 7 * count(*), 0, 0, 3 * count(*), 0, 0,
         13000 * count(*), 0, max(id)
  FROM called GROUP BY 1, 4;
UPDATE users SET balance = balance - (SELECT 13000 * count(*) FROM called) WHERE id = 1;
COMMIT;
SQL
}
