"""How fast it is here, beside what this machine could do: limits, throughput, memory, start-up, other libraries.

``oodflow.bench.run.bench`` measures it all. Nothing is imported here, so that a process whose memory is measured loads
what it needs and nothing else.
"""
