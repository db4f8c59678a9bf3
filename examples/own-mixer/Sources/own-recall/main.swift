import Models
import RecallCommands
import RecallTasks

MixerCatalog.register(LRU.self)
TaskCatalog.register(Delay.self)
Recall.main()
