"""The questions hedgewatch asks of every hedge, one file each, and the table of them."""
