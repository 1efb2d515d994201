"""The whole of Kijko on one machine: started, shown working, and stopped without a trace."""
