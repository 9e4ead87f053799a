archspec check resnet18 --set classes=10
