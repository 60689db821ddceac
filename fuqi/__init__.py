"""Fuqi 福企看板: live dashboards over the exports of Futian's enterprise-service programme."""
