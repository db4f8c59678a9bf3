import Models
import RecallCommands

MixerCatalog.register(DecayingMemory.self)
Recall.main()
