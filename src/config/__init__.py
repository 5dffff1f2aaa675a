import gc

gc.disable()  # nothing that is loaded becomes garbage; `RegistryConfig.ready` enables the collector again
