"""Every exchange that ccxt knows, by its id: importing ccxt to ask would cost a second, and settings import no ccxt."""

from __future__ import annotations

_LISTED = """
alpaca apex aster backpack bequant bigone binance binancecoinm binanceus binanceusdm bingx bit2c bitbank bitbns
bitfinex bitflyer bitget bithumb bitopro bitrue bitso bitstamp bitteam bittrade bitvavo blockchaincom blofin btcbox
btcmarkets btcturk btse bullish bybit bybiteu bybitid bydfi cex coinbase coinbaseexchange coinbaseinternational
coincheck coinmate coinone coinsph coinspot cryptocom cryptomus deepcoin delta deribit derive digifinex dydx
extended fmfwio foxbit gate gateeu gemini grvt hashkey hibachi hitbtc hollaex htx hyperliquid independentreserve
indodax kraken krakenfutures kucoin kucoinfutures latoken lbank lighter luno mercado mexc modetrade mudrex myokx
nado ndax okx okxus onetrading p2b pacifica paradex paymium phemex poloniex polymarket revolutx tokocrypto toobit
upbit weex whitebit woo woofipro xt zaif zebpay
"""

CCXT_IDS = frozenset(_LISTED.split())  # a test holds it against the installed ccxt
