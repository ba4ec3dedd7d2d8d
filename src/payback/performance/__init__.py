"""Stage 3, speed: how fast each GPU and each machine trains each workload, measured where known.

Facts in, numbers out. `predict` answers for GPUs, `pipeline` for whole machines, `memory` says what fits,
`scaling` what several GPUs do together. Equations are numbered P1, P2, ... in ``docs/method/performance.md``.
"""
