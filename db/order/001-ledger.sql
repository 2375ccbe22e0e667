-- The order database: the ledger, a copy of the catalog's trades, row for row.

CREATE TABLE meta (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  market_id   TEXT    NOT NULL,
  incarnation INTEGER NOT NULL CHECK (incarnation >= 1)
) STRICT;

-- No index on order_id: only the catalog answers repeats. The catalog's CHECKs have passed on every row already.
CREATE TABLE ledger (
  number         INTEGER PRIMARY KEY CHECK (number >= 1),
  order_id       BLOB    NOT NULL,
  fingerprint    BLOB    NOT NULL,
  client         TEXT    NOT NULL,
  name           TEXT    NOT NULL,
  type           TEXT    NOT NULL CHECK (type IN ('buy', 'sell')),
  quantity       INTEGER NOT NULL,
  price_cents    INTEGER NOT NULL,
  quantity_after INTEGER NOT NULL,
  stock_version  INTEGER NOT NULL,
  at             INTEGER NOT NULL, -- ms since 1970
  chain          BLOB    NOT NULL CHECK (length(chain) = 32)
) STRICT;
