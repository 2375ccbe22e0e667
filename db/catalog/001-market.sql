-- The catalog database: the stocks, and every decision. 1125899906842624 is 2^50.

CREATE TABLE meta (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  market_id   TEXT    NOT NULL,
  incarnation INTEGER NOT NULL CHECK (incarnation >= 1),
  epoch       INTEGER NOT NULL CHECK (epoch >= 0)
) STRICT;

CREATE TABLE stocks (
  name        TEXT    PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 32),
  price_cents INTEGER NOT NULL CHECK (price_cents BETWEEN 0 AND 1125899906842624),
  quantity    INTEGER NOT NULL CHECK (quantity BETWEEN 0 AND 1125899906842624),
  volume      INTEGER NOT NULL CHECK (volume >= 0),
  status      TEXT    NOT NULL CHECK (status IN ('open', 'halted')),
  version     INTEGER NOT NULL CHECK (version >= 1)
) STRICT, WITHOUT ROWID;

-- A stock as the services pass it on: JSON numbers are exact up to 2^53 - 1, and volume may pass that.
CREATE VIEW stock_states AS
SELECT name, price_cents, quantity, min(volume, 9007199254740991) AS volume, status, version FROM stocks;

-- The REFERENCES costs about half a microsecond an order: the same transaction has just updated that stock.
-- Stocks are never deleted or renamed, which would scan the trades.
CREATE TABLE trades (
  number         INTEGER PRIMARY KEY CHECK (number >= 1),
  order_id       BLOB    NOT NULL UNIQUE,
  fingerprint    BLOB    NOT NULL,
  client         TEXT    NOT NULL,
  name           TEXT    NOT NULL REFERENCES stocks (name),
  type           TEXT    NOT NULL CHECK (type IN ('buy', 'sell')),
  quantity       INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 1000000000),
  price_cents    INTEGER NOT NULL CHECK (price_cents BETWEEN 0 AND 1125899906842624),
  quantity_after INTEGER NOT NULL CHECK (quantity_after BETWEEN 0 AND 1125899906842624),
  stock_version  INTEGER NOT NULL CHECK (stock_version >= 1),
  at             INTEGER NOT NULL CHECK (at >= 0), -- ms since 1970
  chain          BLOB    NOT NULL CHECK (length(chain) = 32)
) STRICT;

CREATE TABLE refusals (
  order_id    BLOB    PRIMARY KEY,
  fingerprint BLOB    NOT NULL,
  reason      TEXT    NOT NULL CHECK (
    reason IN ('insufficient_quantity', 'limit_exceeded', 'stock_not_found', 'trading_halted', 'price_changed')
  ),
  at          INTEGER NOT NULL CHECK (at >= 0) -- ms since 1970
) STRICT, WITHOUT ROWID;

-- Everything that changed a stock and was no trade. A stock's first row is its opening, with its whole state.
CREATE TABLE changes (
  number         INTEGER PRIMARY KEY CHECK (number >= 1),
  kind           TEXT    NOT NULL CHECK (kind IN ('opening', 'price', 'restock', 'halt', 'resume')),
  name           TEXT    NOT NULL,
  price_cents    INTEGER CHECK (price_cents BETWEEN 0 AND 1125899906842624),
  quantity_delta INTEGER,
  status         TEXT    CHECK (status IN ('open', 'halted')),
  stock_version  INTEGER NOT NULL CHECK (stock_version >= 1),
  client         TEXT,    -- null, like key, for the opening list
  key            TEXT,
  at             INTEGER NOT NULL CHECK (at >= 0), -- ms since 1970
  chain          BLOB    NOT NULL CHECK (length(chain) = 32),
  CHECK (
    CASE kind
      WHEN 'opening' THEN price_cents IS NOT NULL AND quantity_delta >= 0 AND quantity_delta IS NOT NULL
                          AND status IS 'open' AND stock_version = 1
      WHEN 'price'   THEN price_cents IS NOT NULL
      WHEN 'restock' THEN quantity_delta IS NOT NULL
      WHEN 'halt'    THEN status IS 'halted'
      WHEN 'resume'  THEN status IS 'open'
    END
  )
) STRICT;

CREATE UNIQUE INDEX changes_one_opening ON changes (name) WHERE kind = 'opening';

-- Finds a repeated admin call. Not unique: halting the market is one call and a change to every stock.
CREATE INDEX changes_by_key ON changes (client, key) WHERE key IS NOT NULL;
